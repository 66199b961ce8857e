"""A shell that is given one block after the other, as a reader pastes them."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time
from pathlib import Path

END = "\x1e"
SECONDS = 60.0


class Session:
    """One bash; what a block sets, the next one finds."""

    def __init__(self, folder: Path) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the shell; curl draws its progress there
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def run(self, script: str) -> tuple[int, str]:
        """The exit status of the block's last command, and what it printed to its standard output."""
        assert self._process.stdin
        # eval, so that a mistake in the syntax ends the block and not the shell
        quoted = script.replace("'", "'\\''")
        self._process.stdin.write(f"eval '{quoted}' </dev/null\nprintf '{END}%s{END}' $?\n".encode())
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> tuple[int, str]:
        assert self._process.stdout
        came, until = b"", time.monotonic() + SECONDS
        end = END.encode()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while came.count(end) < 2:
                assert selector.select(max(0, until - time.monotonic())), f"no end after {SECONDS} s: {came!r}"
                more = os.read(self._process.stdout.fileno(), 65536)
                assert more, f"the shell ended: {came!r}"
                came += more
        printed, status, _ = came.split(end)
        return int(status), printed.decode()

    @property
    def errors(self) -> str:
        """What all blocks together printed to their standard error."""
        self._errors.seek(0)
        return self._errors.read().decode()

    def close(self) -> None:
        """End the shell."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""The emulated AWS: its own process, on one port of this machine, with its state in one folder.

`start()` runs `python -m local.aws` as a child that ends with its parent.
ministack emulates the services, and `local.journal` keeps their state through `kill -9`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.aws.emulator.errors import AWSError

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0
STOP_SECONDS = 15.0


@dataclass
class Running:
    """A started process: `endpoint` is its URL without a trailing slash."""

    endpoint: str
    process: subprocess.Popen[bytes]

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Stop cleanly and wait; what does not end within `timeout` seconds is killed."""
        close_quietly(self.process.stdin)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    data: str | Path,
    port: int | None = None,
    *,
    settings: dict[str, str] | None = None,
    options: Sequence[str] = (),
    functions: socket.socket | None = None,
    timeout: float = START_SECONDS,
) -> Running:
    """Start the emulated AWS over the folder `data` and return once it answers.

    `port` None takes the last one, or a free one. `settings` are further environment variables of ministack, such as
    AUTH=true; `options` are further arguments, such as --no-fsync. `functions` is the other end of a socket where
    functions are invoked (`local.functions.invocations`), closed here. Without it ministack runs them in processes.
    The process ends when the returned object is stopped or this process ends, however it ends.
    Raises AWSError.
    """
    read_end, write_end = os.pipe()
    passed = {"--ready-fd": write_end, **({"--functions-fd": functions.fileno()} if functions else {})}
    try:
        process = launch(["--data", str(data), "--port", str(port or 0), *options], passed, settings or {})
    finally:
        os.close(write_end)
        if functions:
            functions.close()
    with os.fdopen(read_end) as ready:
        answer = first_line(ready, timeout)
    return running(process, answer)


def launch(arguments: Sequence[str], passed: dict[str, int], settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the child with its descriptors passed on, and with a standard input that ends when this process does."""
    descriptors = [text for option, number in passed.items() for text in (option, str(number))]
    return subprocess.Popen(
        [sys.executable, "-m", "local.aws", "--lifeline", *descriptors, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        pass_fds=list(passed.values()),
        env={**os.environ, **settings},
    )


def first_line(ready: IO[str], timeout: float) -> dict[str, str]:
    """The message of the child when it is ready or has failed; empty if none comes in time."""
    readable, _, _ = select.select([ready], [], [], timeout)
    line = ready.readline() if readable else ""
    return dict(json.loads(line)) if line else {}


def running(process: subprocess.Popen[bytes], answer: dict[str, str]) -> Running:
    """The started process, or AWSError with what it said."""
    if "endpoint" in answer:
        return Running(answer["endpoint"], process)
    close_quietly(process.stdin)
    process.kill()
    status = process.wait()
    raise AWSError(answer.get("error") or f"the emulated AWS did not start (exit status {status}); its output says why")


def close_quietly(stream: IO[bytes] | None) -> None:
    """Close a pipe whose other end may be gone."""
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.close()

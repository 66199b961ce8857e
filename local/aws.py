"""The emulated AWS: one process of its own, on one port of 127.0.0.1, its state under one folder.

    python -m local.aws --data DIR [--port N]

runs it in the foreground until SIGTERM or Ctrl-C; `start()` runs it as a child that ends with its parent.
What it emulates is ministack's; what it keeps through `kill -9` is `local.journal`'s.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 20.0
STOP_SECONDS = 15.0


class AWSError(Exception):
    """The emulated AWS did not start; its text is one sentence that says why and what to do."""


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
    functions are invoked (`local.invocations`); it is closed here. Without it they run in processes of ministack's.
    The process ends when the returned object is stopped or this process ends, however it ends.
    Raises AWSError.
    """
    read_end, write_end = os.pipe()
    passed = [write_end, *([functions.fileno()] if functions else [])]
    command = [
        sys.executable,
        "-m",
        "local.aws",
        "--data",
        str(data),
        "--port",
        str(port or 0),
        "--ready-fd",
        str(write_end),
        "--lifeline",
        *(["--functions-fd", str(functions.fileno())] if functions else []),
        *options,
    ]
    try:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, pass_fds=passed, env={**os.environ, **(settings or {})}
        )
    finally:
        os.close(write_end)
        if functions:
            functions.close()
    with os.fdopen(read_end) as ready:
        answer = first_line(ready, timeout)
    return running(process, answer)


def first_line(ready: IO[str], timeout: float) -> dict[str, str]:
    """What the child says when it is ready or has failed; empty when it says nothing in time."""
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


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 0 after a clean stop, 1 with one sentence when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m local.aws", description="Run the emulated AWS.")
    parser.add_argument("--data", required=True, type=Path, help="folder that holds all state")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--compact-bytes", type=int, help="size of the log from which a snapshot takes its place")
    parser.add_argument("--sweep-seconds", type=float, help="how often what changes without a request is looked for")
    parser.add_argument(
        "--fsync",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="survive the machine's end too, not only the process's",
    )
    parser.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--functions-fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--lifeline", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.lifeline:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    from local.aws_server import serve  # not for those who only start it

    try:
        serve(
            options.data,
            options.port,
            lambda endpoint: tell(options.ready_fd, "endpoint", endpoint),
            lifeline=options.lifeline,
            functions=None if options.functions_fd is None else socket.socket(fileno=options.functions_fd),
            **given(options, "compact_bytes", "sweep_seconds", "fsync"),
        )
    except KeyboardInterrupt:
        pass
    except AWSError as error:
        tell(options.ready_fd, "error", str(error))
        return 1
    return 0


def given(options: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The named options that were given."""
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def tell(descriptor: int | None, key: str, text: str) -> None:
    """Say one thing to the parent, or to the terminal when there is none."""
    if descriptor is None:
        print(f"aws: {text}", file=sys.stderr, flush=True)
        return
    with os.fdopen(descriptor, "w") as stream:
        stream.write(json.dumps({key: text}) + "\n")


if __name__ == "__main__":
    from local.aws import main as main_of_the_module  # so that there is one AWSError, not also __main__'s

    sys.exit(main_of_the_module())

"""Work on large bodies, each in its own process: the event loop goes on, and the system gets all memory back.

A thread does not help: the work is Python code, and takes turns with the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import pickle
import signal
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from local.gateway.responses import Refusal

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
HERE = 32 * 1024  # bytes; the work on a smaller body takes less time than the start of a process.
AT_ONCE = 1  # process, because memory adds up, and the other processors are for the other requests.
MOST_SECONDS = 60.0  # for one body; the slowest one, 10 MB of valid elements, takes a third of it
PART = 256 * 1024  # bytes written to a process at once


class Workers:
    """Calls functions of modules, each in a new process, which ends with the call."""

    def __init__(self, seconds: float = MOST_SECONDS) -> None:
        self.seconds = seconds
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.processes: set[Process] = set()

    async def run(self, cost: int, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function about a body: here if it costs as little as HERE bytes. Raises Refusal."""
        if cost <= HERE:
            return function(*arguments)
        async with self.turns:
            returned, raised = await self.called(function, arguments)
        if raised is not None:
            raise raised
        return cast(T, returned)

    async def called(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Refusal | None]:
        """Call a function in a new process: what it returns, or what it raises. Raises Refusal if the process fails."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "local.gateway.workers", str(self.seconds)),
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C is for the server
        )
        self.processes.add(process)
        try:
            async with asyncio.timeout(self.seconds):
                result = await told(process, pickle.dumps((function, arguments)))
        except TimeoutError as error:
            raise failed(f"is stopped after {self.seconds:g} s") from error
        finally:
            await ended(process)
            self.processes.discard(process)
        found: tuple[Any, Refusal | None] = pickle.loads(result)  # noqa: S301 - our own process wrote it
        return found


async def told(process: Process, work: bytes) -> bytes:
    """The result of a process for its work. Its standard input stays open: the process ends when this one does."""
    assert process.stdin
    assert process.stdout
    with contextlib.suppress(ConnectionError):  # it has ended; its status says how
        for start in range(0, len(work), PART):
            process.stdin.write(work[start : start + PART])
            await process.stdin.drain()
    result = await process.stdout.read()
    if status := await process.wait():
        raise failed(f"ended with status {status}")
    return result


async def ended(process: Process) -> None:
    """End a process, whatever it does."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def failed(what: str) -> Refusal:
    """The response for a process without a result; the reason is for the developer."""
    return Refusal("DEFAULT_5XX", reason=f"the process that works on this large body {what}")


def main(seconds: float) -> None:
    """Do the work that comes in on standard input."""
    signal.alarm(math.ceil(seconds) + 1)  # for a server that is gone and a thread that cannot run: see below
    try:
        function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301 - the server wrote it
    except EOFError:
        return  # the server is gone
    threading.Thread(target=end_with_server, daemon=True).start()
    returned, raised = None, None
    try:
        returned = function(*arguments)
    except Refusal as error:
        raised = error
    sys.stdout.buffer.write(pickle.dumps((returned, raised)))


def end_with_server() -> None:
    """End when standard input does, which the server holds open.

    C code that does not let other threads run, such as a regular expression, ends by the alarm.
    """
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main(float(sys.argv[1]))

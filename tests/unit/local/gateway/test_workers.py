"""Processes for large bodies: what comes back, what happens when one fails, and that none is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from local.gateway.responses import Refusal
from local.gateway.validators import check_body
from local.gateway.workers import HERE, ROOT, Workers

LARGE = HERE + 1
PATIENCE = 30  # seconds; a busy machine takes a few
SERVER = """
import asyncio, sys
from local.gateway.workers import Workers

asyncio.run(Workers(seconds=float(sys.argv[1])).run(1 << 20, exec, sys.argv[2]))
"""
TELLS = "import os; os.write(2, b'!'); "
SLEEPS = TELLS + "import time; time.sleep(600)"
SEARCHES = TELLS + "import re; re.match('(a+)+$', 'a' * 60 + 'b')"


def outcome(workers: Workers, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a call about a large body returns."""
    return asyncio.run(workers.run(LARGE, function, *arguments))


def running(pid: int) -> bool:
    """Whether there is a process, one that has ended and waits for its parent included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def first_process(workers: Workers) -> int:
    """The number of the process, once there is one."""
    while not workers.processes:
        await asyncio.sleep(0.01)
    return next(iter(workers.processes)).pid


def test_a_small_body_is_worked_on_here():
    assert asyncio.run(Workers().run(HERE, os.getpid)) == os.getpid()


def test_a_large_body_is_worked_on_in_a_process_that_ends_with_the_call():
    pid = outcome(Workers(), os.getpid)
    assert pid != os.getpid()
    assert not running(pid)


def test_a_refusal_comes_back_whole():
    with pytest.raises(Refusal) as caught:
        outcome(Workers(), check_body, b"{", {})
    assert (caught.value.kind, caught.value.status) == ("BAD_REQUEST_BODY", None)
    assert caught.value.details == "[Unable to parse the body as JSON]"


@pytest.mark.parametrize(
    ("work", "status"), [((os._exit, 3), "3"), ((signal.raise_signal, signal.SIGKILL), "-9"), ((int, "x"), "1")]
)
def test_a_process_that_dies_refuses_its_request_and_harms_no_other(work, status):
    workers = Workers()
    with pytest.raises(Refusal, match="DEFAULT_5XX") as caught:
        outcome(workers, *work)
    assert caught.value.reason.endswith(f"ended with status {status}")
    assert outcome(workers, len, b"x" * LARGE) == LARGE


def test_a_process_that_never_ends_is_stopped_and_its_request_refused():
    """The next request has a process of its own; it would wait for ever if the first kept its turn."""

    async def work() -> None:
        workers = Workers(seconds=0.5)
        with pytest.raises(Refusal, match="DEFAULT_5XX") as caught:
            await workers.run(LARGE, time.sleep, 600)
        assert caught.value.reason.endswith("is stopped after 0.5 s")
        assert not workers.processes
        workers.seconds = PATIENCE
        assert await workers.run(LARGE, len, b"x") == 1

    asyncio.run(work())


def test_a_process_that_reads_nothing_is_stopped_too():
    """Its pipe is full, and the server waits to write."""

    async def work() -> None:
        workers = Workers(seconds=1)
        task = asyncio.create_task(workers.run(LARGE, len, b"x" * (8 << 20)))
        pid = await first_process(workers)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(Refusal, match="DEFAULT_5XX"):
            await task
        assert not running(pid)

    asyncio.run(work())


def test_a_call_that_is_cancelled_leaves_no_process():
    """As all are at the end of the server."""

    async def work() -> int:
        workers = Workers()
        task = asyncio.create_task(workers.run(LARGE, time.sleep, 600))
        pid = await first_process(workers)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return pid

    assert not running(asyncio.run(work()))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize(("seconds", "work"), [("120", SLEEPS), ("2", SEARCHES)], ids=["asleep", "busy in C"])
def test_a_server_that_ends_in_any_way_leaves_no_process(how, seconds, work):
    """The process has inherited standard error: the end of this pipe comes when the last that holds it has ended."""
    server = subprocess.Popen([sys.executable, "-c", SERVER, seconds, work], cwd=ROOT, stderr=subprocess.PIPE)
    assert server.stderr
    assert server.stderr.read(1) == b"!", "the process works"
    server.send_signal(how)
    server.communicate(timeout=PATIENCE)

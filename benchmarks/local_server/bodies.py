"""Small GETs beside large bodies: their latency, and the memory of the front end meanwhile and afterwards."""

from __future__ import annotations

import collections
import contextlib
import datetime
import http.client
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.load import available, loaded
from benchmarks.local_server.servers import on_folder
from benchmarks.stage import machine

TEMPLATE = Path(__file__).resolve().parent / "bodies.yaml"
WORKER = "local.gateway.workers"  # in the command of the process that works on one body
CLIENTS = 4  # that send large bodies, each one body after another
SECONDS = 5
WARM_UP = 1
REST_SECONDS = 2  # after the last large body, before memory counts as that of rest
LOOK_EVERY = 0.05  # seconds between two looks at processes
ANSWER_SECONDS = 60


def array(element: bytes, megabytes: int) -> bytes:
    """JSON of that size: one element again and again."""
    return b"[" + (element + b",") * (megabytes * 2**20 // (len(element) + 1)) + element + b"]"


@dataclass(frozen=True)
class Case:
    """What the clients send beside the GETs, and the status that they must get."""

    path: str
    element: bytes
    megabytes: int
    status: int


CASES: dict[str, Case | None] = {
    "nothing": None,
    "too large for a function": Case("/function", b"1", 8, 413),
    "to a function": Case("/function", b'"%s"' % (b"x" * 1000), 4, 200),
    "to a mock that reads them": Case("/mock", b'"%s"' % (b"x" * 1000), 4, 200),
    "valid, by a model": Case("/model", b"1", 1, 200),
    "not valid, by a model": Case("/model", b'"x"', 4, 400),
}


def run(load: float, seconds: int = SECONDS) -> dict[str, Any]:
    """Measure each case on one server. `load`: what was on the machine before."""
    if not available():
        raise BenchmarkError("wrk is not installed; on Debian or Ubuntu: apt-get install wrk")
    found: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": seconds,
        "clients": CLIENTS,
        "machine": machine.description(running(), load),
    }
    with tempfile.TemporaryDirectory(prefix="users-api-bodies-") as data:
        for url, pid in on_folder(data, more={"TEMPLATE": str(TEMPLATE), "PARAMETERS": ""}):
            found["start_mb"] = megabytes(pid, "VmRSS")
            found["cases"] = [{"sends": name, **measured(url, pid, case, seconds)} for name, case in CASES.items()]
    return found


def measured(url: str, pid: int, case: Case | None, seconds: int) -> dict[str, Any]:
    """The GETs beside one kind of body, and the memory."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak starts again
    loaded(url, "get_open", 1, WARM_UP, ["1"])
    with sending(url, pid, case) as sent:
        figures = loaded(url, "get_open", 1, seconds, ["1"])
    if case and set(sent.statuses) != {case.status}:
        raise BenchmarkError(f"{case.path} answered {dict(sent.statuses)} instead of {case.status}")
    peak = megabytes(pid, "VmHWM")
    time.sleep(REST_SECONDS)
    return {
        "get": figures,
        "megabytes": case.megabytes if case else 0,
        "answered": sent.statuses.total(),
        "peak_mb": peak,
        "worker_mb": sent.worker_mb,
        "rest_mb": megabytes(pid, "VmRSS"),
    }


@dataclass
class Sent:
    """What came of the large bodies."""

    statuses: collections.Counter[int | str] = field(default_factory=collections.Counter)
    worker_mb: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def sending(url: str, pid: int, case: Case | None) -> Iterator[Sent]:
    """Large bodies are sent meanwhile; each gets its response before this ends."""
    sent = Sent()
    work: list[threading.Thread] = []
    if case:
        body = array(case.element, case.megabytes)
        work = [threading.Thread(target=send, args=(url + case.path, body, sent)) for _ in range(CLIENTS)]
        work.append(threading.Thread(target=watch, args=(pid, sent)))
    for thread in work:
        thread.start()
    try:
        yield sent
    finally:
        sent.over.set()
        for thread in work:
            thread.join()


def send(url: str, body: bytes, sent: Sent) -> None:
    """One client: a connection for each body."""
    place = urlsplit(url)
    while not sent.over.is_set():
        connection = http.client.HTTPConnection(place.netloc, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", place.path, body, {"Content-Type": "application/json"})
            sent.statuses[connection.getresponse().status] += 1
        except OSError as error:
            sent.statuses[type(error).__name__] += 1
        finally:
            connection.close()


def watch(pid: int, sent: Sent) -> None:
    """Note the largest peak of the processes that work on bodies."""
    while not sent.over.wait(LOOK_EVERY):
        for entry in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(OSError, StopIteration):
                if WORKER in Path(f"/proc/{entry}/cmdline").read_text():
                    sent.worker_mb = max(sent.worker_mb, megabytes(int(entry), "VmHWM"))


def megabytes(pid: int, member: str) -> float:
    """A figure of a process's memory: VmRSS now, VmHWM at its peak."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(member + ":"))
    return round(int(kilobytes) / 1000, 1)

"""The local server beside the emulator's own gateway and Lambda executor, with the same functions, under load.

Both serve the same src/ on the same emulated DynamoDB, one after the other, from wrk on the same machine.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.servers import gateway, ours
from benchmarks.local_server.start_up import start_up
from benchmarks.stage import machine

# What is asked for, at how many clients. `post` last: it fills the tables.
CLIENTS: dict[str, tuple[int, ...]] = {
    "get": (1, 10, 50),
    "get_open": (10,),
    "list": (10,),
    "update": (10,),
    "mixed": (10,),
    "post": (1, 10, 50),
}
SECONDS = 5
WARM_UP = 6  # seconds under the same load first: the emulator starts a function's processes then
NAMES = ("ours", "gateway")
USERS = 200
SCRIPT = Path(__file__).resolve().parent / "load.lua"


def run(load: float) -> dict[str, Any]:
    """Load both, and time the start of ours. `load`: what was on the machine before."""
    if not available():
        raise BenchmarkError("wrk is not installed; on Debian or Ubuntu: apt-get install wrk")
    found: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": SECONDS,
        "machine": machine.description(running(), load),
        "start_up_ms": start_up(),
        "resident_mb": {},
    }
    for name, serving in zip(NAMES, (ours, gateway), strict=True):
        with serving() as (url, pid):
            ids = [created(url, number) for number in range(USERS)]
            for kind, figures, resident_mb in loads(url, pid, ids):
                found.setdefault(kind, {})[name] = figures
                found["resident_mb"].setdefault(name, {})[kind] = resident_mb
    return found


def available() -> bool:
    """Whether wrk is installed."""
    return bool(shutil.which("wrk"))


def loads(url: str, pid: int, ids: list[str]) -> Iterator[tuple[str, dict[str, dict[str, float]], float]]:
    """Each kind of load on one server: its figures by the number of clients, and the memory after it in MB."""
    for kind, numbers in CLIENTS.items():
        figures = {str(clients): measured(url, kind, clients, ids) for clients in numbers}
        yield kind, figures, round(resident(pid) / 1e6, 1)


def created(url: str, number: int) -> str:
    """A user, so that the table is not empty; its id."""
    body = {"name": f"User {number}", "email": f"{uuid.uuid4().hex}@example.com"}
    request = urllib.request.Request(f"{url}/users", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["userId"])


def measured(url: str, kind: str, clients: int, ids: list[str]) -> dict[str, float]:
    """Figures of a load, taken after the same load as a warm-up; `sent` is the requests of both."""
    before = loaded(url, kind, clients, WARM_UP, ids)
    figures = loaded(url, kind, clients, SECONDS, ids)
    return {**figures, "sent": before["sent"] + figures["sent"]}


def loaded(url: str, kind: str, clients: int, seconds: int, ids: list[str]) -> dict[str, float]:
    """What wrk measured with that many connections in that many seconds."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), url]
    script = ["--", "create" if kind == "post" else kind, uuid.uuid4().hex[:8], *ids]
    done = subprocess.run([*command, *script], capture_output=True, text=True, check=True)
    raw = json.loads(done.stdout.strip().splitlines()[-1])
    return {
        "sent": raw["requests"],
        "requests_per_second": round(raw["requests"] / raw["microseconds"] * 1e6, 1),
        "p50_ms": raw["p50_us"] / 1e3,
        "p99_ms": raw["p99_us"] / 1e3,
        "not_2xx": raw["not_2xx"],
        "failed": raw["failed"],
    }


def resident(group: int) -> int:
    """Resident memory of a process and all of its group, in bytes."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                total += int((entry / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return total

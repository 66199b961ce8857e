"""`make run` with few and with many users: its start, its memory, a page of the list, GET, and a mixed load."""

from __future__ import annotations

import datetime
import json
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.capacity import growth
from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.load import available, loaded, resident
from benchmarks.local_server.servers import on_folder
from benchmarks.stage import machine
from benchmarks.stage.database import client_of
from utils.deadline import Deadline

SIZES = (1_000, 10_000, 50_000)
LOADS = (("list", 1), ("get", 1), ("mixed", 10))
SECONDS = 5
WARM_UP = 2
PAGE = 100  # users whose ids the load asks for


def run(load: float, sizes: tuple[int, ...] = SIZES, seconds: int = SECONDS) -> dict[str, Any]:
    """Measure at each size. `load`: what was on the machine before."""
    if not available():
        raise BenchmarkError("wrk is not installed; on Debian or Ubuntu: apt-get install wrk")
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": seconds,
        "machine": machine.description(running(), load),
        "sizes": {str(size): of_size(size, seconds) for size in sizes},
    }


def of_size(size: int, seconds: int) -> dict[str, Any]:
    """One size: the tables are filled, then the server starts again and is measured."""
    with tempfile.TemporaryDirectory(prefix="users-api-sizes-") as data:
        for _ in on_folder(data):
            fill(Path(data), size)
        started = time.perf_counter()
        for url, pid in on_folder(data):
            found: dict[str, Any] = {"start_s": round(time.perf_counter() - started, 2)}
            ids = some_ids(url)
            for kind, clients in LOADS:
                loaded(url, kind, clients, WARM_UP, ids)
                found[kind] = loaded(url, kind, clients, seconds, ids)
            found["resident_mb"] = round(resident(pid) / 1e6, 1)
    return found


def fill(data: Path, size: int) -> None:
    """Put users and claims into the tables of the emulated AWS that runs on a folder."""
    port = next(data.rglob("port")).read_text()
    client = client_of(f"http://127.0.0.1:{port}")
    names: list[str] = client.call("ListTables", {}, Deadline(20))["TableNames"]
    growth.fill(client, size, claims=next(name for name in names if "UserKeys" in name))


def some_ids(url: str) -> list[str]:
    """Ids of users."""
    with urllib.request.urlopen(f"{url}/users?limit={PAGE}", timeout=30) as response:
        return [user["userId"] for user in json.load(response)["users"]]

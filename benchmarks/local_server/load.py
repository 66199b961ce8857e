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
from pathlib import Path
from typing import Any

from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.servers import gateway, ours
from benchmarks.stage import machine

CLIENTS = (1, 10, 50)
SECONDS = 5
WARM_UP = 6  # seconds under the same load first: the emulator starts a function's processes then
NAMES = ("ours", "gateway")
USERS = 200
SCRIPT = Path(__file__).resolve().parent / "load.lua"


def run() -> dict[str, Any]:
    """Load both."""
    if not shutil.which("wrk"):
        raise BenchmarkError("wrk is not installed; on Debian or Ubuntu: apt-get install wrk")
    found: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seconds": SECONDS,
        "machine": machine.description(running()),
        "get": {},
        "post": {},
        "resident_mb": {},
    }
    for name, serving in zip(NAMES, (ours, gateway), strict=True):
        with serving() as (url, pid):
            user = created(url)
            for method, path in (("get", f"/users/{user}"), ("post", "/users")):
                found[method][name] = {
                    str(clients): measured(url + path, method.upper(), clients) for clients in CLIENTS
                }
                found["resident_mb"].setdefault(name, {})[method] = round(resident(pid) / 1e6, 1)
    return found


def created(url: str) -> str:
    """Some users, so that the table is not empty; the id of the last."""
    user = ""
    for number in range(USERS):
        body = {"name": f"User {number}", "email": f"{uuid.uuid4().hex}@example.com"}
        request = urllib.request.Request(
            f"{url}/users", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            user = json.load(answer)["userId"]
    return user


def measured(url: str, method: str, clients: int) -> dict[str, float]:
    """Figures of a load, taken after the same load as a warm-up; `sent` is the requests of both."""
    before = loaded(url, method, clients, WARM_UP)
    figures = loaded(url, method, clients, SECONDS)
    return {**figures, "sent": before["sent"] + figures["sent"]}


def loaded(url: str, method: str, clients: int, seconds: int) -> dict[str, float]:
    """What wrk measured with that many connections in that many seconds."""
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{clients}",
            f"-d{seconds}s",
            "--timeout",
            "10s",
            "-s",
            str(SCRIPT),
            url,
            "--",
            method,
            uuid.uuid4().hex[:8],
        ],
        capture_output=True,
        text=True,
        check=True,
    )
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

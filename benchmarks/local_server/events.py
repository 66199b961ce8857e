"""From the response to a change to its effects in the local server: one change alone, and a burst.

The effects are the entry in the audit trail, the letter that SES took, and the webhook delivery that arrived.
"""

from __future__ import annotations

import datetime
import http.client
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.ground.figures import summary
from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.effects import LOOK_EVERY as LOOK_AT_EFFECTS
from benchmarks.local_server.effects import Deliveries, letters
from benchmarks.local_server.servers import on_folder
from benchmarks.stage import machine
from benchmarks.stage.database import client_of
from dynamodb.client import Client
from local.aws.folder import last_port
from local.template.intrinsics import STACK
from utils.deadline import Deadline

ALONE = 50  # changes, one after the other
BURST, CLIENTS = 1000, 10
PATIENCE = 300.0  # seconds
LOOK_EVERY = 0.002
TABLE = f"{STACK}-AuditTable"
PARAMETERS = "ThrottleRate=10000 ThrottleBurst=5000"  # events are on in a local run


def run(load: float, alone: int = ALONE, burst: int = BURST) -> dict[str, Any]:
    """All figures."""
    found: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(running(), load),
    }
    with tempfile.TemporaryDirectory(prefix="users-api-events-") as data:
        for url, _ in on_folder(data, more={"PARAMETERS": PARAMETERS}):
            endpoint = f"http://127.0.0.1:{last_port(Path(data))}"
            database, deliveries = client_of(endpoint), Deliveries()
            deliveries.subscribe(url)
            seen(database, create(url, "first")[0])  # the functions are loaded then
            followed = {"first": (next(iter(waited(deliveries, 1))), 0.0)}
            found["alone_ms"] = summary([one(url, database, number, followed) for number in range(alone)])
            found["alone_effects_ms"] = effects_of(endpoint, deliveries, followed, "alone-")
            found["burst"] = burst_of(url, database, burst, followed)
            found["burst_effects_ms"] = effects_of(endpoint, deliveries, followed, "burst-")
            deliveries.stop()
    return found


Followed = dict[str, tuple[str, float]]  # by the name in the email of a user: its id, and when the response was there


def waited(deliveries: Deliveries, count: int) -> dict[str, float]:
    """The deliveries, once there are so many."""
    last = time.monotonic() + PATIENCE
    while len(deliveries.seen) < count:
        if time.monotonic() > last:
            raise BenchmarkError(f"of {count} deliveries only {len(deliveries.seen)} came")
        time.sleep(LOOK_AT_EFFECTS)
    return deliveries.seen


def effects_of(endpoint: str, deliveries: Deliveries, followed: Followed, mark: str) -> dict[str, Any]:
    """Milliseconds from the response to the letter and to the delivery, for the users whose name has this mark."""
    delivered = waited(deliveries, len(followed))
    last = time.monotonic() + PATIENCE
    while len(taken := letters(endpoint)) < len(followed):
        if time.monotonic() > last:
            raise BenchmarkError(f"of {len(followed)} letters only {len(taken)} were sent")
        time.sleep(LOOK_AT_EFFECTS)
    asked = {name: it for name, it in followed.items() if name.startswith(mark)}
    return {
        "email": summary([max(0.0, taken[f"{name}@example.com"] - at) * 1e3 for name, (_, at) in asked.items()]),
        "webhook": summary([max(0.0, delivered[user_id] - at) * 1e3 for user_id, at in asked.values()]),
    }


def one(url: str, database: Client, number: int, followed: Followed) -> float:
    """Milliseconds until the entry of a change can be read."""
    user_id, answered = followed[f"alone-{number}"] = create(url, f"alone-{number}")
    seen(database, user_id)
    return (time.time() - answered) * 1e3


def burst_of(url: str, database: Client, count: int, followed: Followed) -> dict[str, Any]:
    """Many changes by some clients: the time until each was recorded, and how many per second."""
    began = time.time()
    with ThreadPoolExecutor(CLIENTS) as pool:
        made = list(pool.map(lambda number: create(url, f"burst-{number}"), range(count)))
    asked, answered = time.time() - began, dict(made)
    followed |= {f"burst-{number}": it for number, it in enumerate(made)}
    recorded = {user_id: seconds(seen(database, user_id)["recordedAt"]["S"]) for user_id in answered}
    return {
        "changes": count,
        "clients": CLIENTS,
        "changes_per_second": count / asked,
        "effects_per_second": count / (max(recorded.values()) - began),
        "ms": summary([max(0.0, recorded[user_id] - at) * 1e3 for user_id, at in answered.items()]),
    }


def create(url: str, name: str) -> tuple[str, float]:
    """Create a user: its id, and when the response was there."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    body = json.dumps({"name": "Ann", "email": f"{name}@example.com"})
    connection.request("POST", f"{urlsplit(url).path}/users", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    answered = time.time()
    connection.close()
    if response.status != http.client.CREATED:
        raise BenchmarkError(f"a user was not created: {response.status}")
    return str(answer["userId"]), answered


def seen(database: Client, user_id: str) -> dict[str, Any]:
    """The first entry of a user, as soon as it can be read."""
    key = {"userId": {"S": user_id}, "place": {"S": "entry#0000000001"}}
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        request = {"TableName": TABLE, "Key": key, "ConsistentRead": True}
        found = database.call("GetItem", request, Deadline(10)).get("Item")
        if found:
            return dict(found)
        time.sleep(LOOK_EVERY)
    raise BenchmarkError(f"a change has no entry after {PATIENCE:.0f} s")


def seconds(text: str) -> float:
    """A time of the trail since the epoch."""
    return datetime.datetime.fromisoformat(text).timestamp()

"""Calls and capacity units of each operation as the table grows: at 1k, 10k and 100k users they are the same."""

from __future__ import annotations

import datetime
import json
import uuid
from dataclasses import dataclass
from typing import Any

from benchmarks.capacity.meter import Call, Meter
from benchmarks.ground import interpreter
from benchmarks.ground.interpreter import Interpreter
from benchmarks.peers import packages
from benchmarks.peers.packages import Package
from benchmarks.peers.table import OURS
from benchmarks.stage import machine
from benchmarks.stage.database import client_of, database
from benchmarks.stage.events import event
from benchmarks.stage.function import Machine
from benchmarks.stage.patience import PATIENCE, patient_function
from benchmarks.stage.runtime_api import answer_of
from dynamodb.client import Client
from utils.deadline import Deadline

SIZES = (1_000, 10_000, 100_000)
BATCH = 25
PAGE = 100


@dataclass(frozen=True)
class Consumption:
    """What one operation did to the database."""

    calls: tuple[str, ...]
    reads: float
    writes: float
    expected_reads: float
    expected_writes: float


def run() -> dict[str, Any]:
    """Measure at every size."""
    python = interpreter.find()
    interpreter.install(python)
    found: dict[str, Any] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "sizes": {}}
    for size in SIZES:
        with database() as endpoint:
            fill(client_of(endpoint), size)
            found["sizes"][str(size)] = {name: as_json(one) for name, one in measured(python, endpoint).items()}
        print(f"growth: {size} users done", flush=True)
    return found


def fill(client: Client, size: int, claims: str = "UserKeys") -> None:
    """Put that many users and their claims into the tables."""
    for first in range(0, size, BATCH):
        some = [user_item(number) for number in range(first, min(first + BATCH, size))]
        write(client, "Users", some)
        write(
            client,
            claims,
            [{"key": {"S": f"email#{item['email']['S']}"}, "userId": item["userId"]} for item in some],
        )


def user_item(number: int) -> dict[str, dict[str, str]]:
    """A stored user, as the repository writes it."""
    return {
        "userId": {"S": str(uuid.UUID(int=number, version=4))},
        "name": {"S": f"User {number}"},
        "email": {"S": f"user{number}@example.com"},
        "age": {"N": str(20 + number % 60)},
        "createdAt": {"S": "2026-01-01T00:00:00.000Z"},
        "updatedAt": {"S": "2026-01-01T00:00:00.000Z"},
        "version": {"N": "1"},
        "lastWrite": {"S": uuid.UUID(int=number).hex[:24]},
    }


def write(client: Client, table: str, items: list[dict[str, Any]]) -> None:
    """One batch; the emulator leaves nothing unprocessed."""
    puts = [{"PutRequest": {"Item": item}} for item in items]
    client.call("BatchWriteItem", {"RequestItems": {table: puts}}, Deadline(20))


def measured(python: Interpreter, endpoint: str) -> dict[str, Consumption]:
    """Every operation once, through our functions as they are deployed, with what it consumed."""
    built = packages.build(OURS, python)
    with Meter(endpoint) as meter, machine.staged(python, meter.endpoint) as stage:
        return operations(stage, built, meter)


def operations(stage: Machine, built: Package, meter: Meter) -> dict[str, Consumption]:
    """What each operation consumes, warm; a user of its own is made, changed and removed."""
    email, other = f"new-{uuid.uuid4().hex}@example.com", f"other-{uuid.uuid4().hex}@example.com"
    user = {"name": "Grace Hopper", "email": email, "age": 85}
    found: dict[str, Consumption] = {}

    def take(name: str, operation: str, warm_up: bytes = b"", **shape: Any) -> dict[str, Any]:
        with patient_function(stage, OURS, operation, built.live) as function:
            if warm_up:
                function.call(PATIENCE, warm_up)
            meter.calls.clear()
            body, _, _ = function.call(PATIENCE, event(operation, **shape))
        found[name] = consumed(meter.calls)
        answer: dict[str, Any] = json.loads(str(answer_of(body)["body"]))
        return answer

    made = take("create", "create", body=user)
    take(
        "create with Idempotency-Key",
        "create",
        body={**user, "email": f"key-{other}"},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    one = {"user_id": made["userId"]}
    take("get", "get", **one)
    take("update", "update", body={"name": "Grace B. Hopper"}, **one)
    take("update of the email", "update", body={"email": other}, **one)
    page = {"limit": str(PAGE)}
    listed = take(f"list, first page of {PAGE}", "list", warm_up=event("list", query=page), query=page)
    if listed.get("lastKey"):
        take(
            f"list, next page of {PAGE}",
            "list",
            warm_up=event("list", query=page),
            query={**page, "lastKey": listed["lastKey"]},
        )
    take("delete", "delete", **one)
    return found


def consumed(calls: list[Call]) -> Consumption:
    """The sum of some calls."""
    return Consumption(
        tuple(call.operation for call in calls),
        sum(call.reads for call in calls),
        sum(call.writes for call in calls),
        sum(call.expected_reads for call in calls),
        sum(call.expected_writes for call in calls),
    )


def as_json(one: Consumption) -> dict[str, Any]:
    """For the results."""
    return {
        "calls": list(one.calls),
        "reads": one.reads,
        "writes": one.writes,
        "expected_reads": one.expected_reads,
        "expected_writes": one.expected_writes,
    }

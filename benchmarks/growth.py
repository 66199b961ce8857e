"""Calls and capacity units of each operation as the table grows: at 1k, 10k and 100k users they are the same."""

from __future__ import annotations

import datetime
import json
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import interpreter, machine, packages, report, results
from benchmarks.events import event
from benchmarks.function import Machine
from benchmarks.interpreter import Interpreter
from benchmarks.meter import Call, Meter
from benchmarks.packages import Package
from benchmarks.patience import PATIENCE, patient_function
from benchmarks.peers import OURS
from benchmarks.runtime_api import answer_of
from dynamodb.client import Client, from_environment
from local.aws.start import start
from utils.deadline import Deadline

SIZES = (1_000, 10_000, 100_000)
BATCH = 25
PAGE = 100
TABLES = {"Users": "userId", "UserKeys": "key"}


@dataclass(frozen=True)
class Consumption:
    """What one operation did to the database."""

    calls: tuple[str, ...]
    reads: float
    writes: float
    expected_reads: float
    expected_writes: float


def run() -> None:
    """Measure at every size, keep the results, print them."""
    python = interpreter.find()
    interpreter.install(python)
    found: dict[str, Any] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "sizes": {}}
    for size in SIZES:
        with database() as endpoint:
            fill(client_of(endpoint), size)
            found["sizes"][str(size)] = {name: as_json(one) for name, one in measured(python, endpoint).items()}
        print(f"growth: {size} users done", flush=True)
    results.keep("growth", found)
    print(report.aligned(rows(found)))


@contextmanager
def database() -> Iterator[str]:
    """An emulated DynamoDB with the two tables, empty; its URL."""
    with tempfile.TemporaryDirectory(prefix="users-api-growth-") as folder:
        running = start(folder)
        try:
            create_tables(client_of(running.endpoint))
            yield running.endpoint
        finally:
            running.stop()


def client_of(endpoint: str) -> Client:
    """Our own client, pointed at the emulator."""
    return from_environment(
        {
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )


def create_tables(client: Client) -> None:
    """The pair of tables, as the template declares them."""
    for name, key in TABLES.items():
        client.call(
            "CreateTable",
            {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            },
            Deadline(20),
        )


def fill(client: Client, size: int) -> None:
    """Put that many users and their claims into the tables."""
    for first in range(0, size, BATCH):
        some = [user_item(number) for number in range(first, min(first + BATCH, size))]
        write(client, "Users", some)
        write(
            client,
            "UserKeys",
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


def rows(found: dict[str, Any]) -> list[list[str]]:
    """A table: each operation with its calls, and its units at each size."""
    sizes = list(found["sizes"])
    table = [["operation", "DynamoDB calls", *(f"{int(size):,} users" for size in sizes)]]
    for name, first in found["sizes"][sizes[0]].items():
        cells = [units_text(found["sizes"][size][name]) for size in sizes]
        table.append([name, " + ".join(first["calls"]), *cells])
    return table


def units_text(one: dict[str, Any]) -> str:
    """1 read, 4 write."""
    parts = [f"{one[f'expected_{kind}']:g} {kind[:-1]}" for kind in ("reads", "writes") if one[f"expected_{kind}"]]
    return ", ".join(parts) or "none"

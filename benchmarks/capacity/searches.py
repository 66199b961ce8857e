"""Calls and capacity units of each kind of search, and the writes of the index, as the table grows.

The users have ten first names and four last names, so that a page of ten is full at every size.
"""

from __future__ import annotations

import datetime
import math
import time
from collections import Counter
from typing import Any

from benchmarks.capacity.growth import BATCH, fill, user_item, write
from benchmarks.capacity.meter import READ_UNIT, item_bytes
from benchmarks.stage.database import client_of, database
from dynamodb.client import Client
from dynamodb.values import to_item
from search.entries import BY_CREATED, BY_NAME, counter_of, head_of, said_of, words_in
from search.finder import Finder
from search.query import Query
from users.user import User, whole_user
from utils.deadline import Deadline

SIZES = (1_000, 10_000)
TABLE = "UserSearch"
FIRST = ("Maria", "James", "Wei", "Anna", "José", "Olga", "Ali", "Yuki", "Ada", "Tom")
LAST = ("Schmidt", "Smith", "Li", "Ng")
LIMIT = 10
REPEATS = 15
SEARCHES: dict[str, dict[str, Any]] = {
    "a word": {"q": "maria"},
    "the beginning of a word": {"q": "mari"},
    "two words": {"q": "maria schmidt"},
    "order by name": {"sort": "name"},
    "newest first": {"sort": "-createdAt"},
    "a word in the order of names": {"q": "maria", "sort": "name"},
    "an age of half of the users": {"minAge": 50},
    "a domain": {"domain": "example.com"},
}


def run(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Measure at every size."""
    found: dict[str, Any] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "sizes": {}}
    for size in sizes:
        with database() as endpoint:
            client = client_of(endpoint)
            create(client)
            fill(client, size)
            index(client, size)
            found["sizes"][str(size)] = measured(client)
        print(f"searches: {size} users done", flush=True)
    return found


def create(client: Client) -> None:
    """The table of the index, as the template declares it."""
    pairs = {"": ("shard", "place"), BY_CREATED: ("createdShard", "createdPlace"), BY_NAME: ("nameShard", "namePlace")}
    keys = {
        name: [{"AttributeName": it, "KeyType": kind} for it, kind in zip(pair, ("HASH", "RANGE"), strict=True)]
        for name, pair in pairs.items()
    }
    orders = [
        {"IndexName": name, "KeySchema": keys[name], "Projection": {"ProjectionType": "ALL"}}
        for name in (BY_CREATED, BY_NAME)
    ]
    request = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": it, "AttributeType": "S"} for pair in pairs.values() for it in pair],
        "KeySchema": keys[""],
        "GlobalSecondaryIndexes": orders,
    }
    client.call("CreateTable", request, Deadline(20))


def named(number: int) -> User:
    """The user of this number, with a name."""
    user = whole_user(user_item(number))
    name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
    return User({**user, "name": name}, user.version)


def index(client: Client, size: int) -> None:
    """Give the users their names, and put them into the index."""
    totals: Counter[tuple[str, str]] = Counter()
    waiting: list[dict[str, Any]] = []
    for first in range(0, size, BATCH):
        users = [named(number) for number in range(first, min(first + BATCH, size))]
        write(client, "Users", [to_item({**user, "version": user.version, "lastWrite": "x" * 24}) for user in users])
        for user in users:
            said = said_of(user)
            times: Any = {"placedAt": "", "namedAt": ""}
            totals[counter_of(str(said["userId"]))] += 1
            waiting += [to_item(head_of(said, times, 1)), *map(to_item, words_in(said, times).values())]
        while len(waiting) >= BATCH:
            write(client, TABLE, waiting[:BATCH])
            waiting = waiting[BATCH:]
    counters: list[dict[str, str | int]] = [
        {"shard": key[0], "place": key[1], "total": totals[key], "countedAt": "2026"} for key in totals
    ]
    for rest in (waiting, [to_item(each) for each in counters]):
        if rest:
            write(client, TABLE, rest)


class Measured:
    """Counts the calls of a search, and the read units by DynamoDB's rules."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.calls: Counter[str] = Counter()
        self.units = 0.0

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.call(operation, request, Deadline(20))
        self.calls[operation] += 1
        if operation == "Query":
            size = sum(map(item_bytes, answer["Items"]))
            self.units += (1.0 if request.get("ConsistentRead") else 0.5) * max(1, math.ceil(size / READ_UNIT))
        elif operation == "BatchGetItem":
            asked = sum(len(part["Keys"]) for part in request["RequestItems"].values())
            self.units += asked  # none of the items fills a unit of 4 KB
        else:
            self.units += 1
        return answer


def measured(client: Client) -> dict[str, Any]:
    """Each kind of search: its calls and units, and the fastest of some times."""
    found: dict[str, Any] = {}
    cases: dict[str, Any] = {
        name: lambda finder, given=given: finder.page(Query(given), LIMIT, None) for name, given in SEARCHES.items()
    }
    cases["an email"] = lambda finder: finder.by_email("user7@example.com")
    cases["the total"] = lambda finder: finder.total()
    for name, search in cases.items():
        call = Measured(client)
        finder = Finder(call, "Users", "UserKeys", TABLE, clock=time.time)
        search(finder)
        calls, units = dict(call.calls), call.units
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            search(finder)
            seconds.append(time.perf_counter() - start)
        found[name] = {"calls": calls, "reads": units, "fastest_ms": round(min(seconds) * 1000, 2)}
    return found


def rows(found: dict[str, Any]) -> list[list[str]]:
    """A line for each kind of search."""
    sizes = list(found["sizes"])
    table = [["search, a page of 10", "DynamoDB calls", *(f"{int(size):,} users" for size in sizes)]]
    for name, first in found["sizes"][sizes[0]].items():
        calls = ", ".join(f"{count} {operation}" for operation, count in first["calls"].items())
        table.append([name, calls, *(f"{found['sizes'][size][name]['reads']:g} read" for size in sizes)])
    return table

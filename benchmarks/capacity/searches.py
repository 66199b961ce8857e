"""Calls and capacity units of each kind of search as the number of users grows, and the writes that keep the index."""

from __future__ import annotations

import datetime
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks.capacity import population
from benchmarks.capacity.indexes import Ask, Indexes, writes_of
from benchmarks.capacity.memory import Memory
from benchmarks.capacity.meter import expected, item_bytes
from benchmarks.capacity.population import RARE, TABLE
from benchmarks.stage.database import client_of, database
from dynamodb.client import Client
from search.entries import counter_of, head_key
from search.finder import Finder
from search.index import SearchIndex
from search.query import Query
from users.user import User, user_key, whole_user
from utils.deadline import Deadline

SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000
LIMIT = 10
SEARCHES: dict[str, dict[str, Any]] = {
    "a word": {"q": "maria"},
    "the beginning of a word": {"q": "mari"},
    "a word of 20 users": {"q": RARE},
    "a frequent word and one of 20 users": {"q": f"maria {RARE}"},
    "two frequent words": {"q": "maria schmidt"},
    "order by name": {"sort": "name"},
    "newest first": {"sort": "-createdAt"},
    "a frequent word in the order of names": {"q": "maria", "sort": "name"},
    "an age of half of the users": {"minAge": 50},
    "a domain of all users": {"domain": "example.com"},
}
Found = tuple[int, bool]  # users, and whether the page ended before it was full
EMAIL, TOTAL = "an email", "the total"
HEAD, WORD, REMOVED, COUNTER = "head", "word", "removed word", "counter"
CHANGES: dict[str, dict[str, Any]] = {
    "a change of age": {"age": 33},
    "a change of one word of the name": {"name": "Maria Lovelace"},
}


def run(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Each search at every size, and each write."""
    found: dict[str, Any] = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "sizes": {}}
    for size in sizes:
        found["sizes"][str(size)] = measured(Memory(size).call)
        print(f"searches: {size} users done", flush=True)
    with database() as endpoint:
        population.create(client_of(endpoint))
        found["writes"] = written(client_of(endpoint))
    return found


class Counted:
    """Passes calls on, and counts them with their units by DynamoDB's rules."""

    def __init__(self, ask: Ask) -> None:
        self._ask, self._indexes = ask, Indexes(ask, item_bytes)
        self.calls: Counter[str] = Counter()
        self.written: list[dict[str, Any]] = []  # the single writes
        self.reads = self.writes = self.of_indexes = 0.0

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        before = self._indexes.images(operation, request)
        answer = self._ask(operation, request)
        if before:
            self.of_indexes += self._indexes.units(before, self._indexes.images(operation, request))
        reads, writes = expected(operation, request, answer)
        self.calls[operation] += 1
        self.written += writes_of(operation, request)
        self.reads, self.writes = self.reads + reads, self.writes + writes
        return answer


def cases() -> dict[str, Callable[[Finder], Found]]:
    """Each kind of search, as a call of the finder."""

    def page(given: dict[str, Any]) -> Callable[[Finder], Found]:
        def search(finder: Finder) -> Found:
            users, place = finder.page(Query(given), LIMIT, None)
            return len(users), place is not None and len(users) < LIMIT

        return search

    return {
        **{name: page(given) for name, given in SEARCHES.items()},
        EMAIL: lambda finder: (int(finder.by_email("user7@example.com") is not None), False),
        TOTAL: lambda finder: (finder.total()[0], False),
    }


def measured(ask: Ask) -> dict[str, Any]:
    """Each kind of search: its calls, its read units, how many users it found, and whether its page ended early."""
    found = {}
    for name, search in cases().items():
        call = Counted(ask)
        users, early = search(Finder(call, "Users", "UserKeys", TABLE, clock=time.time))
        found[name] = {"calls": dict(call.calls), "reads": call.reads, "users": users, "early": early}
    return found


def asking(client: Client) -> Ask:
    """The DynamoDB API of a client."""
    return lambda operation, request: client.call(operation, request, Deadline(20))


def written(client: Client) -> dict[str, Any]:
    """What the index writes for each kind of change. The email of the user repeats the words of its name."""
    ask = asking(client)
    users = [
        User({**population.named(number), "name": "Maria Schmidt", "email": "maria.schmidt@example.com"}, 1)
        for number in range(1 + len(CHANGES))
    ]
    creates = [followed(ask, user["userId"], user) for user in users]
    found = {"a create": creates[0]}
    for user, (name, change) in zip(users[1:], CHANGES.items(), strict=True):
        found[name] = followed(ask, user["userId"], User({**user, **change}, 2))
    return {**found, "a delete": followed(ask, users[0]["userId"], None)}


def followed(ask: Ask, user_id: str, user: User | None) -> dict[str, Any]:
    """The calls and units with which the index follows a change: to this state of a user, or to none."""
    if user:
        ask("PutItem", {"TableName": "Users", "Item": population.stored(user)})
    else:
        ask("DeleteItem", {"TableName": "Users", "Key": user_key(user_id)})
    call = Counted(ask)

    def find(name: str) -> User | None:
        request = {"TableName": "Users", "Key": user_key(name), "ConsistentRead": True}
        item = call("GetItem", request).get("Item")
        return whole_user(item) if item else None

    index = SearchIndex(
        call, TABLE, find, clock=time.time, new_token=lambda: uuid.uuid4().hex, pause=lambda _attempt: None
    )
    index.follow(user_id)
    found = {"calls": dict(call.calls), "reads": call.reads, "writes": call.writes, "of_indexes": call.of_indexes}
    return {**found, "items": dict(Counter(kind_of(each, user_id) for each in call.written))}


def kind_of(write: dict[str, Any], user_id: str) -> str:
    """What a write of the index is about."""
    shard = (write.get("Item") or write["Key"])["shard"]["S"]
    if shard in (head_key(user_id)[0], counter_of(user_id)[0]):
        return HEAD if shard == head_key(user_id)[0] else COUNTER
    return WORD if "Item" in write else REMOVED

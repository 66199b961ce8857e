"""Users with names, and what the index of the search has of them, for as many users as are asked for.

They have ten first names and four last names, so that a page is full at every size. A fifth last name is that of a
few users, as many at every size.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.capacity.growth import BATCH, user_item, write
from dynamodb.client import Client
from dynamodb.values import to_item
from search.entries import BY_CREATED, BY_NAME, counter_of, head_of, said_of, words_in
from search.walk import KEYS
from users.user import User, whole_user
from utils.deadline import Deadline

TABLE = "UserSearch"
FIRST = ("Maria", "James", "Wei", "Anna", "José", "Olga", "Ali", "Yuki", "Ada", "Tom")
LAST = ("Schmidt", "Smith", "Li", "Ng")
RARE, FEW = "Quist", 20
COUNTED = "2026-01-01T00:00:00.000Z"
_NUMBER = 2**60 - 1  # the bits of an id that are the number of its user
_NEW: Any = {"placedAt": "", "namedAt": ""}
Item = dict[str, Any]


def named(number: int) -> User:
    """The user of this number, with a name."""
    user = whole_user(user_item(number))
    last = RARE if number < FEW else LAST[number // len(FIRST) % len(LAST)]
    return User({**user, "name": f"{FIRST[number % len(FIRST)]} {last}"}, user.version)


def number_of(user_id: str) -> int:
    """The number of a user."""
    return uuid.UUID(user_id).int & _NUMBER


def stored(user: User) -> Item:
    """A user as the repository keeps it."""
    return to_item({**user, "version": user.version, "lastWrite": "x" * 24})


def indexed(user: User) -> list[Item]:
    """The items of a user in the index: its head, which comes first, and its words."""
    said = said_of(user)
    return [to_item(head_of(said, _NEW, 1)), *map(to_item, words_in(said, _NEW).values())]


def places(number: int) -> Iterator[tuple[str, str, str]]:
    """Where a user is in the index, as (index, shard, place): the same, without making the items."""
    said = said_of(named(number))
    head = head_of(said, _NEW, 1)
    for order in (BY_CREATED, BY_NAME):
        shard, place = KEYS[order]
        yield order, str(head[shard]), str(head[place])
    for key in words_in(said, _NEW):
        yield "", *key


def counters(size: int) -> list[Item]:
    """The counters of the index."""
    totals = Counter(counter_of(str(user_item(number)["userId"]["S"])) for number in range(size))
    return [
        to_item({"shard": key[0], "place": key[1], "total": totals[key], "countedAt": COUNTED})
        for key in sorted(totals)
    ]


def create(client: Client) -> None:
    """The table of the index, as the template declares it."""
    keys = {
        name: [{"AttributeName": it, "KeyType": kind} for it, kind in zip(pair, ("HASH", "RANGE"), strict=True)]
        for name, pair in KEYS.items()
    }
    orders = [
        {"IndexName": name, "KeySchema": keys[name], "Projection": {"ProjectionType": "ALL"}}
        for name in (BY_CREATED, BY_NAME)
    ]
    request = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": it, "AttributeType": "S"} for pair in KEYS.values() for it in pair],
        "KeySchema": keys[""],
        "GlobalSecondaryIndexes": orders,
    }
    client.call("CreateTable", request, Deadline(20))


def fill_users(client: Client, size: int, users: str = "Users", claims: str = "UserKeys") -> None:
    """Put that many users with names, and their claims, into the tables."""
    put(client, users, (stored(named(number)) for number in range(size)))
    put(client, claims, (claim(named(number)) for number in range(size)))


def claim(user: User) -> Item:
    """The claim of a user."""
    return to_item({"key": f"email#{user['email']}", "userId": user["userId"]})


def fill_index(client: Client, size: int, table: str = TABLE) -> None:
    """Put what the index has of that many users into its table."""
    put(client, table, (item for number in range(size) for item in indexed(named(number))))
    put(client, table, iter(counters(size)))


def put(client: Client, table: str, items: Iterator[Item]) -> None:
    """Write items, some at once."""
    waiting: list[Item] = []
    for item in items:
        waiting.append(item)
        if len(waiting) == BATCH:
            write(client, table, waiting)
            waiting = []
    if waiting:
        write(client, table, waiting)

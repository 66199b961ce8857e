"""Users, the index of their search, and the finder, on a real database with tables of their own."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dynamodb.client import Client
from dynamodb.values import from_item
from search.entries import BY_CREATED, BY_NAME, END
from search.finder import Finder, Place
from search.index import SearchIndex
from search.query import Query
from search.words import SERVED, Rule
from tests.contract.conftest import Store, emulator_client
from tests.support.emulator import Emulator
from tests.support.tables import create_tables
from users.finding import or_none
from users.user import User
from utils.deadline import Deadline

KEYS = ("shard", "place")
MOST_PAGES = 2_000  # of a walk that ends
ORDERS = {BY_CREATED: ("createdShard", "createdPlace"), BY_NAME: ("nameShard", "namePlace")}


def create_search_table(client: Any) -> str:
    """A fresh table with the keys and indexes of template.yaml."""
    name = f"UserSearch-{uuid.uuid4().hex[:12]}"
    attributes = [*KEYS, *(it for pair in ORDERS.values() for it in pair)]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in attributes],
        KeySchema=schema(KEYS),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": schema(pair), "Projection": {"ProjectionType": "ALL"}}
            for index, pair in ORDERS.items()
        ],
    )
    return name


def schema(pair: tuple[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": it, "KeyType": kind} for it, kind in zip(pair, ("HASH", "RANGE"), strict=True)]


class Search:
    """The users, their index by one rule, and their finder. `store` has the clock."""

    def __init__(self, store: Store, table: str, rule: Rule = SERVED) -> None:
        self.store, self.table, self.rule = store, table, rule
        self._tokens = (f"{uuid.uuid4().hex[:20]}-{number}" for number in itertools.count())
        self.find = or_none(store.users.get)
        self.index = self.writer(store.call)
        self.finder = Finder(
            store.call, store.tables.users, store.tables.keys, table, clock=lambda: store.now, rule=rule
        )

    def by(self, rule: Rule) -> Search:
        """The same users and table with the index of another rule."""
        return Search(self.store, self.table, rule)

    def writer(self, call: Callable[[str, dict[str, Any]], dict[str, Any]]) -> SearchIndex:
        """A writer of the index that reaches the database by `call`."""
        return SearchIndex(
            call,
            self.table,
            self.find,
            clock=lambda: self.store.now,
            new_token=lambda: next(self._tokens),
            pause=lambda _attempt: None,
            rule=self.rule,
        )

    def create(self, **members: Any) -> str:
        """A new user that is in the index; its id."""
        user_id = self.create_late(**members)
        self.index.follow(user_id)
        return user_id

    def create_late(self, **members: Any) -> str:
        """A new user that the index does not have yet; its id."""
        made: list[User] = []

        def answer(user: User) -> Any:
            made.append(user)

        self.store.now += 1
        self.store.users.create({"email": f"{uuid.uuid4().hex[:12]}@example.com", **members}, answer)
        return str(made[-1]["userId"])

    def page(self, limit: int = 50, after: Place | None = None, **given: Any) -> tuple[list[User], Place | None]:
        """A page of a search."""
        return self.finder.page(Query(given, self.rule), limit, after)

    def walk(self, limit: int = 50, **given: Any) -> list[str]:
        """The ids of all pages of a search."""
        found: list[str] = []
        after: Place | None = None
        for _ in range(MOST_PAGES):
            users, after = self.page(limit, after, **given)
            found += [user["userId"] for user in users]
            if after is None:
                return found
        raise AssertionError("the walk does not end")

    def words(self) -> list[str]:
        """The words that users have now in the index, without those that they left behind."""
        return sorted(
            item["place"].split(END)[0] for item in self.items() if END in item["place"] and "movedAt" not in item
        )

    def items(self) -> list[dict[str, Any]]:
        """All items of the index."""
        request: dict[str, Any] = {"TableName": self.table, "ConsistentRead": True}
        found: list[dict[str, Any]] = []
        while True:
            page = self.store.call("Scan", request)
            found += [from_item(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@pytest.fixture(scope="module")
def client(emulator):
    return emulator_client("client", emulator)


@contextlib.contextmanager
def searching(emulator: Emulator, client: Client) -> Iterator[Search]:
    """A search over empty tables, for the time of the block."""
    dynamodb = emulator.client("dynamodb")
    store = Store(lambda operation, body: client.call(operation, body, Deadline(10)), create_tables(dynamodb))
    made = Search(store, create_search_table(dynamodb))
    yield made
    for table in (made.table, store.tables.users, store.tables.keys):
        dynamodb.delete_table(TableName=table)


@pytest.fixture
def search(emulator, client) -> Iterator[Search]:
    with searching(emulator, client) as made:
        yield made

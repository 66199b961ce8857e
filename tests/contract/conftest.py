"""The databases that the contract suite holds equal: the emulator through each client, and the one in memory."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from dynamodb import transport
from dynamodb.botocore_transport import BotocoreTransport
from dynamodb.client import Client
from dynamodb.values import from_item, to_item
from tests.support.emulator import Emulator
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.tables import Tables, create_tables
from users.cursors import Cursors
from users.repository import UserRepository
from utils.deadline import Deadline

ENGINES = ("client", "boto3", "memory")
START = 1_790_000_000.0

Repository = TypeVar("Repository", bound=UserRepository)
Call = Callable[[str, dict[str, Any]], dict[str, Any]]


class Store:
    """A pair of tables, a repository over them, and what a test needs to look behind and to interfere.

    `now` is the clock in seconds; `ids` gives the next user ids; `pauses` collects the waits that were asked for;
    `before` and `after` are called with (operation, request) around every call the repository makes.
    """

    def __init__(self, call: Call, tables: Tables) -> None:
        self.call = call
        self.tables = tables
        self.now = START
        self.ids: Iterator[str] = (str(uuid.uuid4()) for _ in itertools.count())
        self.pauses: list[int] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.before: Call | None = None
        mark = uuid.uuid4().hex[:20]  # tokens are the account's, not the table's
        self._tokens = (f"{mark}-{number}" for number in itertools.count())
        self.users = self.repository(UserRepository)

    def repository(self, kind: type[Repository]) -> Repository:
        """A repository of this kind over the tables, with the same clock, ids, tokens and pauses."""
        return kind(
            self._call,
            self.tables.users,
            self.tables.keys,
            clock=lambda: self.now,
            new_id=lambda: next(self.ids),
            new_token=lambda: next(self._tokens),
            pause=self.pauses.append,
        )

    def cursors(self, known: dict[int, bytes] | None = None) -> Cursors:
        """Cursors as one function instance has them: `known` is what it remembers."""
        known = {} if known is None else known
        return Cursors(self._call, self.tables.keys, clock=lambda: self.now, known=known)

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table as plain values."""
        return [from_item(item) for item in self.call("Scan", {"TableName": table, "ConsistentRead": True})["Items"]]

    def claims(self) -> dict[str, str]:
        """The owner of every address that is held."""
        return {
            item["key"].removeprefix("email#"): item["userId"]
            for item in self.items(self.tables.keys)
            if item["key"].startswith("email#")
        }

    def put(self, table: str, item: dict[str, Any]) -> None:
        """Write one item, whatever is there."""
        self.call("PutItem", {"TableName": table, "Item": to_item(item)})

    def remove(self, table: str, key: dict[str, Any]) -> None:
        """Remove one item."""
        self.call("DeleteItem", {"TableName": table, "Key": to_item(key)})

    def clear(self) -> None:
        """Remove every item of both tables."""
        for table, key in ((self.tables.users, "userId"), (self.tables.keys, "key")):
            for item in self.items(table):
                self.remove(table, {key: item[key]})

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((operation, request))
        if self.before:
            self.before(operation, request)
        return self.call(operation, request)


def memory_client(tables: Tables) -> Client:
    """A client of a database in memory that has the two tables."""
    database = MemoryDynamoDB()
    database.create_table(tables.users, "userId")
    database.create_table(tables.keys, "key")
    return Client(database)


def emulator_client(engine: str, emulator: Any) -> Client:
    """A client of the emulator by the engine's transport."""
    if engine == "boto3":
        return Client(BotocoreTransport(lambda connect, read: emulator.client("dynamodb")))
    environ = {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return Client(transport.from_environment(environ))


@pytest.fixture(scope="session")
def engines(emulator: Emulator) -> dict[str, Client]:
    """One client of the emulator per engine, for the whole run."""
    return {engine: emulator_client(engine, emulator) for engine in ENGINES if engine != "memory"}


@pytest.fixture(scope="session")
def shared_tables(emulator: Emulator) -> Tables:
    """One pair of tables in the emulator for the whole run; every test leaves it empty."""
    return create_tables(emulator.client("dynamodb"))


@pytest.fixture(params=ENGINES)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The repository over empty tables, once for every engine."""
    if request.param == "memory":
        tables = Tables("Users", "UserKeys")
        client = memory_client(tables)
    else:
        tables = request.getfixturevalue("shared_tables")
        client = request.getfixturevalue("engines")[request.param]
    store = Store(lambda operation, body: client.call(operation, body, Deadline(10)), tables)
    call = store.call
    yield store
    store.call = call
    store.clear()

"""The client with a cache beside it: what is read from where, what is forgotten when, and its settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cache.leases import Leases
from cache.resp import Server
from dynamodb.cached import Cached, Invalidating, key_of, leases
from dynamodb.client import Client, from_environment
from dynamodb.connection import Connector
from dynamodb.errors import ConditionalCheckFailed, ConfigurationError, Unavailable
from tests.support.valkey import Valkey
from tests.unit.dynamodb.fakes import Script, failure, ok
from utils.deadline import Deadline

TABLE = "Things"
KEY = {"id": {"S": "1"}}
GET = {"TableName": TABLE, "Key": KEY, "ConsistentRead": True}
ITEM = {"id": {"S": "1"}, "name": {"S": "Ann"}}
OLD = {"id": {"S": "1"}, "name": {"S": "Old"}}


class Kept:
    """A cache in memory, which notes what is done with it. `value` is what it has."""

    def __init__(self, value: Any = None) -> None:
        self.value = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
        self.done: list[Any] = []

    def open(self, seconds: float) -> None:
        self.done.append(("open", seconds))

    def read(self, key: str) -> tuple[bytes | None, bytes | None]:
        self.done.append(("read", key))
        return (self.value, None) if self.value else (None, b"lease")

    def keep(self, key: str, lease: bytes, value: bytes) -> None:
        self.done.append(("keep", key, lease, json.loads(value)))

    def forget(self, keys: list[str]) -> bool:
        self.done.append(("forget", *keys))
        return True


class World:
    """A client of one kind, over a script and a cache in memory."""

    def __init__(self, kind: Any, *outcomes: Any, value: Any = None) -> None:
        self.script, self.kept = Script(*outcomes), Kept(value)
        self.client = kind(Client(self.script, sleep=lambda seconds: None), self.kept, TABLE)

    def call(self, operation: str, request: dict[str, Any]) -> Any:
        return self.client.call(operation, request, Deadline(60))


@pytest.mark.parametrize("kind", [Cached, Invalidating])
def test_opening_opens_both(kind):
    world = World(kind, ok())
    world.client.open(0.5)
    assert (world.script.opened, world.kept.done) == ([0.5], [("open", 0.5)])


def test_an_item_that_the_cache_has_is_not_asked_of_the_database():
    world = World(Cached, ok(), value=ITEM)
    assert world.call("GetItem", GET) == {"Item": ITEM}
    assert world.script.sent == []


def test_another_is_stored_with_its_lease():
    world = World(Cached, ok(Item=ITEM))
    assert world.call("GetItem", GET) == {"Item": ITEM}
    assert world.kept.done == [("read", "Things/1"), ("keep", "Things/1", b"lease", ITEM)]


def test_that_there_is_no_item_is_not_stored():
    world = World(Cached, ok())
    assert world.call("GetItem", GET) == {}
    assert world.kept.done == [("read", "Things/1")]


def test_a_failure_is_not_stored():
    world = World(Cached, failure(500, "InternalServerError"))
    with pytest.raises(Unavailable):
        world.call("GetItem", GET)
    assert world.kept.done == [("read", "Things/1")]


@pytest.mark.parametrize(
    "value",
    [b"{", b"[1]", b"null", b'"text"', b"\xff", b"[" * 60_000, {"id": {"S": "2"}}, {"name": {"S": "1"}}, {}],
    ids=repr,
)
def test_a_value_that_is_not_this_item_is_as_none(value):
    world = World(Cached, ok(Item=ITEM), value=value)
    assert world.call("GetItem", GET) == {"Item": ITEM}
    assert [done[0] for done in world.kept.done] == ["read"]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetItem", {**GET, "TableName": "Others"}),
        ("GetItem", {**GET, "ProjectionExpression": "id"}),
        ("GetItem", {"TableName": TABLE, "Key": KEY}),
        ("Scan", {"TableName": TABLE, "Limit": 3, "ConsistentRead": True}),
        ("BatchGetItem", {"RequestItems": {TABLE: {"Keys": [KEY]}}, "TableName": TABLE}),
    ],
)
def test_all_else_is_the_databases(operation, request_):
    world = World(Cached, ok(Items=[]), value=ITEM)
    assert world.call(operation, request_) == {"Items": []}
    assert world.kept.done == []


@pytest.mark.parametrize(
    ("operation", "request_", "forgotten"),
    [
        ("UpdateItem", {"TableName": TABLE, "Key": KEY}, [("forget", "Things/1")]),
        ("DeleteItem", {"TableName": TABLE, "Key": KEY}, [("forget", "Things/1")]),
        ("GetItem", GET, [("forget", "Things/1")]),
        ("PutItem", {"TableName": TABLE, "Item": ITEM}, []),
        ("UpdateItem", {"TableName": "Others", "Key": KEY}, []),
        ("Scan", {"TableName": TABLE}, []),
        (
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Update": {"TableName": TABLE, "Key": KEY}},
                    {"Put": {"TableName": "Others", "Item": ITEM}},
                    {"Delete": {"TableName": TABLE, "Key": {"id": {"S": "2"}}}},
                    {"Delete": {"TableName": "Others", "Key": KEY}},
                ]
            },
            [("forget", "Things/1", "Things/2")],
        ),
    ],
)
def test_a_writer_reads_the_database_and_forgets_what_it_named(operation, request_, forgotten):
    world = World(Invalidating, ok(Item=ITEM), value=OLD)
    assert world.call(operation, request_) == {"Item": ITEM}
    assert world.kept.done == forgotten


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (failure(400, "ConditionalCheckFailedException"), ConditionalCheckFailed),
        (failure(500, "InternalServerError"), Unavailable),
    ],
)
def test_and_it_forgets_whatever_came_of_it(outcome, error):
    world = World(Invalidating, outcome)
    with pytest.raises(error):
        world.call("UpdateItem", {"TableName": TABLE, "Key": KEY})
    assert world.kept.done == [("forget", "Things/1")]


def test_a_cache_out_of_reach_is_as_none():
    nobody = Leases(Server(Connector("localhost", 1, tls=False).open_socket), 60)
    for kind in (Cached, Invalidating):
        client = kind(Client(Script(ok(Item=ITEM))), nobody, TABLE)
        client.open(0.1)
        assert client.call("GetItem", GET, Deadline(60)) == {"Item": ITEM}


def test_the_name_of_an_item_has_its_table_and_its_key():
    assert key_of(TABLE, {"a": {"S": "x"}, "b": {"N": "2"}}) == "Things/x/2"


SETTINGS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "CACHE_URL": "redis://localhost:6379",
    "CACHE_SECONDS": "60",
}


@pytest.mark.parametrize(("engine", "kind"), [("cached", Cached), ("invalidating", Invalidating)])
def test_the_environment_says_which_client_it_is(engine, kind):
    client = from_environment({**SETTINGS, "DYNAMODB_CLIENT": engine, "USERS_TABLE": TABLE})
    assert type(client) is kind
    assert type(from_environment(SETTINGS)) is Client


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("CACHE_SECONDS", value) for value in ("", "0", "-1", "3601", "6e1", "٦٠", "1.5")),
        *(("CACHE_URL", f"redis://{rest}") for rest in ("", ":6379", "h:x", "h:99999", "h/1", "h?a=b", "[::1")),
        *(("CACHE_URL", value) for value in ("", "localhost:6379", "http://localhost")),
    ],
)
def test_a_setting_that_is_none_is_refused(name, value):
    with pytest.raises(ConfigurationError, match=name):
        leases({**SETTINGS, name: value})


def test_a_password_may_have_any_characters():
    with Valkey(requirepass="p@ss/word:1") as locked:
        url = f"redis://:p%40ss%2Fword%3A1@localhost:{locked.port}"
        beside = leases({**SETTINGS, "CACHE_URL": url})
        assert beside.read("a")[1]
        assert beside.forget(["a"])
        assert not leases({**SETTINGS, "CACHE_URL": locked.url}).forget(["a"])

"""`make run` with a real Valkey beside it: what the cache holds, who removes it, and how requests go on without it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from dynamodb.cached import key_of
from tests.api.client import send
from tests.support.server import Server
from tests.support.valkey import Valkey
from users.user import user_key

pytestmark = pytest.mark.local_only
TABLE = "Users"


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture(scope="module")
def server(valkey: Valkey) -> Iterator[Server]:
    with Server(f"Events=false CacheEndpoint={valkey.url} CacheSeconds=3600") as running:
        yield running


class User:
    """One user of a server, and what the cache has of it."""

    def __init__(self, server: Server, valkey: Valkey) -> None:
        self.server, self.valkey = server, valkey
        made = send(server.url, "POST", "/users", {"name": "Ann", "email": f"{uuid.uuid4()}@example.com"})
        assert made.status == 201, made.body
        self.id: str = made.json["userId"]
        self.path = f"/users/{self.id}"

    def name(self) -> str:
        found = send(self.server.url, "GET", self.path)
        assert found.status == 200, found.body
        return str(found.json["name"])

    def change(self, name: str) -> None:
        assert send(self.server.url, "PATCH", self.path, {"name": name}).status == 200

    def cached(self) -> bool:
        return "value:" in self.valkey.say("GET", key_of(TABLE, user_key(self.id)))


def wait(done: Callable[[], bool], seconds: float = 15) -> None:
    last = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < last, "it did not happen in time"
        time.sleep(0.02)


def settled(user: User) -> None:
    """Read until the cache has the user: KeepCache may remove it for the change before."""
    wait(lambda: bool(user.name()) and user.cached())


def test_a_read_stores_the_user_and_a_write_removes_it_before_it_is_acknowledged(server, valkey):
    user = User(server, valkey)
    for name in ("Bob", "Cem", "Dan"):
        settled(user)
        user.change(name)
        assert user.name() == name
    settled(user)
    assert send(server.url, "DELETE", user.path).status == 200
    assert not user.cached()
    assert send(server.url, "GET", user.path).status == 404


def test_a_read_is_answered_from_the_cache(server, valkey):
    """The table does not have this name."""
    user = User(server, valkey)
    settled(user)
    key = key_of(TABLE, user_key(user.id))
    kept = valkey.say("GET", key).split("\r\n", 1)[1].removesuffix("\r\n")
    assert '"Ann"' in kept
    valkey.say("SET", key, kept.replace('"Ann"', '"Zoe"'))
    assert user.name() == "Zoe"


def test_what_somebody_else_writes_into_the_table_leaves_the_cache_by_its_stream(server, valkey):
    user = User(server, valkey)
    settled(user)
    server.client("dynamodb").update_item(
        TableName=TABLE,
        Key=user_key(user.id),
        UpdateExpression="SET #name = :name",
        ExpressionAttributeNames={"#name": "name"},
        ExpressionAttributeValues={":name": {"S": "Eve"}},
    )
    wait(lambda: user.name() == "Eve")


def test_when_the_cache_goes_away_the_responses_are_those_of_an_api_without_one(server, valkey):
    """The last test of this module, whose cache it ends."""
    user = User(server, valkey)
    settled(user)
    valkey.process.kill()
    valkey.process.wait()
    for name in ("Bob", "Cem"):
        user.change(name)
        assert user.name() == name
    assert send(server.url, "DELETE", user.path).status == 200
    assert send(server.url, "GET", user.path).status == 404
    assert send(server.url, "GET", "/users").status == 200
    assert "cache_failed" in server.output

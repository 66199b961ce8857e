"""The consumer that keeps the cache, with a real Valkey: what it forgets, and what Lambda is to repeat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from consumers import keep_cache, wiring
from dynamodb.cached import key_of, leases
from tests.support.valkey import Valkey
from tests.unit.consumers.records import record, user
from users.user import user_key
from utils.config import environment

TABLE = "Users"


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 10_000


@pytest.fixture
def valkey(monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    monkeypatch.setattr(wiring, "_built", {})
    with Valkey() as server:
        settings = {"USERS_TABLE": TABLE, "CACHE_URL": server.url, "CACHE_SECONDS": "60"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield server


def handled(*records: dict[str, Any]) -> Any:
    return keep_cache.lambda_handler({"Records": list(records)}, Context())["batchItemFailures"]


def name_in_cache(member: dict[str, Any]) -> str:
    return key_of(TABLE, user_key(member["userId"]))


def test_users_that_changed_leave_the_cache_and_others_stay(valkey):
    changed, deleted, other = user(1), user(2), user(3)
    for each in (changed, deleted, other):
        valkey.say("SET", name_in_cache(each), "value:" + json.dumps({}))
    assert handled(record(changed, {**changed, "name": "Bob"}), record(deleted, None), record(changed, changed)) == []
    assert [valkey.say("EXISTS", name_in_cache(each)) for each in (changed, deleted, other)] == [
        ":0\r\n",
        ":0\r\n",
        ":1\r\n",
    ]


def test_a_lease_is_forgotten_too(valkey):
    """A reader that read the old user before the change stores nothing after it."""
    old = user(1)
    beside = leases(environment())
    _, lease = beside.read(name_in_cache(old))
    handled(record(old, {**old, "name": "Bob"}))
    beside.keep(name_in_cache(old), lease, b"{}")
    assert valkey.say("EXISTS", name_in_cache(old)) == ":0\r\n"


def test_while_the_cache_is_gone_the_whole_batch_comes_again(valkey):
    valkey.stop()
    first = record(user(1), None)
    assert handled(first, record(user(2), None)) == [{"itemIdentifier": first["dynamodb"]["SequenceNumber"]}]

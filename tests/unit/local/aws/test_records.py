"""A transaction token is in the journal for as long as DynamoDB knows it: ten minutes."""

from __future__ import annotations

import json
import time

import pytest

from local.aws.internals import DynamoDB, entries
from local.aws.records import Replay, snapshot

MINUTE = 60


@pytest.fixture
def dynamodb():
    made = DynamoDB()
    yield made
    entries(made.tokens).clear()


def stored(age: float) -> list[object]:
    """A token as a record has it."""
    return ["000000000000", "us-east-1", f"{age}", {"completed_at": time.time() - age}]


def test_an_old_token_is_not_loaded(dynamodb):
    Replay(dynamodb).replay({"tokens": [stored(9 * MINUTE), stored(11 * MINUTE)]})
    assert [name for *_, name in entries(dynamodb.tokens)] == [f"{9 * MINUTE}"]


def test_an_old_token_is_not_written(dynamodb):
    for age in (9 * MINUTE, 11 * MINUTE):
        *scope, entry = stored(age)
        dynamodb.tokens.set_scoped(*scope, entry)
    records = [json.loads(record) for record in snapshot(dynamodb)]
    assert [token[2] for record in records for token in record.get("tokens", ())] == [f"{9 * MINUTE}"]

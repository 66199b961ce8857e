"""What global secondary indexes consume of a write, by DynamoDB's rules."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.capacity.indexes import Indexes
from benchmarks.capacity.meter import item_bytes

KEY = {"key": {"S": "1"}}


def described(name: str, *indexes: str, projection: str = "ALL") -> dict[str, Any]:
    """A table with indexes that have one key each."""
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": "key"}],
        "GlobalSecondaryIndexes": [
            {"KeySchema": [{"AttributeName": each}], "Projection": {"ProjectionType": projection}} for each in indexes
        ],
    }


def units(old: dict[str, Any], new: dict[str, Any], *indexes: str, write: str = "Put", **table: Any) -> float:
    """The units of the indexes for a transaction that makes an old item a new one."""
    now = [old]
    answers = {
        "DescribeTable": lambda: {"Table": described("T", *indexes, **table)},
        "GetItem": lambda: {"Item": now[0]},
    }
    counted = Indexes(lambda operation, _: answers[operation](), item_bytes)
    action = {"TableName": "T", **({"Item": {**KEY, **new}} if write == "Put" else {"Key": KEY})}
    request = {"TransactItems": [{write: action}]}
    before = counted.images("TransactWriteItems", request)
    now[0] = new
    return counted.units(before, counted.images("TransactWriteItems", request))


def item(size: int = 10, **keys: str) -> dict[str, Any]:
    return {**KEY, "text": {"S": "x" * size}, **{name: {"S": value} for name, value in keys.items()}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, item(a="1"), 1),
        (item(a="1"), {}, 1),
        (item(a="1"), item(a="1"), 0),
        (item(a="1"), item(11, a="1"), 1),
        (item(a="1"), item(a="2"), 2),
        (item(), item(11), 0),
        (item(), item(a="1"), 1),
        (item(a="1"), item(), 1),
        ({}, item(1024, a="1"), 2),
        (item(1024, a="1"), item(a="1"), 2),
        (item(1024, a="1"), item(a="2"), 3),
    ],
    ids=[
        "comes",
        "goes",
        "stays as it is",
        "changes",
        "gets another place",
        "is in no index",
        "comes into the index",
        "leaves the index",
        "is large",
        "was large",
        "was large and gets another place",
    ],
)
def test_an_index_takes_units_for_what_changes_in_it(old, new, expected):
    assert units(old, new, "a") == expected


def test_each_index_takes_its_own():
    assert units({}, item(a="1", b="1"), "a", "b") == 2
    assert units(item(a="1", b="1"), item(a="1", b="2"), "a", "b") == 3


def test_a_delete_names_its_item_by_the_key():
    assert units(item(a="1"), {}, "a", write="Delete") == 1


def test_a_table_without_indexes_is_not_read():
    asked: list[str] = []

    def ask(operation: str, _request: dict[str, Any]) -> dict[str, Any]:
        asked.append(operation)
        return {"Table": {**described("T"), "GlobalSecondaryIndexes": None}}

    counted = Indexes(ask, item_bytes)
    for _ in range(2):
        assert counted.images("PutItem", {"TableName": "T", "Item": item()}) == {}
    assert counted.images("Query", {"TableName": "T"}) == {}
    assert asked == ["DescribeTable"]


def test_an_index_without_all_attributes_has_no_rule():
    with pytest.raises(ValueError, match="no rule for the indexes of T"):
        units({}, item(a="1"), "a", projection="KEYS_ONLY")

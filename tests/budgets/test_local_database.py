"""What a page and a write cost the emulated database: counts that do not grow with the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

import pytest

from local.aws.emulator.internals import DynamoDB
from local.aws.tables.pages import Pages
from tests.budgets.budgets import LOCAL_COMPARISONS_PER_ITEM, LOCAL_GROWTH

NAME = "Counted"
FEW, MANY = 1_000, 50_000
PAGE = 100
TABLE: dict[str, Any] = {
    "TableName": NAME,
    "pk_name": "userId",
    "sk_name": "at",
    "AttributeDefinitions": [
        {"AttributeName": "userId", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "S"},
        {"AttributeName": "team", "AttributeType": "S"},
        {"AttributeName": "name", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-team",
            "KeySchema": [{"AttributeName": "team", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "by-name",
            "KeySchema": [
                {"AttributeName": "userId", "KeyType": "HASH"},
                {"AttributeName": "name", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
TEAM: dict[str, Any] = {"team": {"S": "all"}}
BEHIND: dict[str, Any] = {"userId": {"S": "all"}, "at": {"S": "00000601"}}
READS: dict[str, tuple[str, dict[str, Any]]] = {
    "scan": ("scan", {}),
    "scan, a later page": ("scan", {"ExclusiveStartKey": {"userId": {"S": "00000400"}, "at": {"S": "00000400"}}}),
    "scan of a segment": ("scan", {"Segment": 0, "TotalSegments": 2}),
    "scan of an index": ("scan", {"IndexName": "by-team"}),
    "query of a partition": (
        "query",
        {"KeyConditionExpression": "userId = :p AND #a > :a", "ExpressionAttributeNames": {"#a": "at"}},
    ),
    "query of an index": (
        "query",
        {
            "IndexName": "by-team",
            "KeyConditionExpression": "team = :p AND #a > :a",
            "ExpressionAttributeNames": {"#a": "at"},
            "ScanIndexForward": False,
        },
    ),
    "query backwards, a later page": (
        "query",
        {
            "KeyConditionExpression": "userId = :p AND #a > :a",
            "ExpressionAttributeNames": {"#a": "at"},
            "ScanIndexForward": False,
            "ExclusiveStartKey": BEHIND,
        },
    ),
    "query of an index backwards, a later page": (
        "query",
        {
            "IndexName": "by-team",
            "KeyConditionExpression": "team = :p AND #a > :a",
            "ExpressionAttributeNames": {"#a": "at"},
            "ScanIndexForward": False,
            "ExclusiveStartKey": {**BEHIND, **TEAM},
        },
    ),
    "query of a local index with equal sort keys": (
        "query",
        {"IndexName": "by-name", "KeyConditionExpression": "userId = :p", "FilterExpression": "userId > :a"},
    ),
    "scan of a later page of an index": ("scan", {"IndexName": "by-team", "ExclusiveStartKey": {**BEHIND, **TEAM}}),
}


class Key(str):
    """A key that counts its comparisons."""

    __slots__ = ()
    comparisons: ClassVar[int] = 0

    def __lt__(self, other: str) -> bool:
        Key.comparisons += 1
        return str.__lt__(self, other)

    def __gt__(self, other: str) -> bool:
        Key.comparisons += 1
        return str.__gt__(self, other)

    def __eq__(self, other: object) -> bool:
        Key.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class Touched(dict[str, Any]):
    """An item that is counted once something of it is read."""

    __slots__ = ()
    seen: ClassVar[set[int]] = set()

    def __getitem__(self, name: str) -> Any:
        Touched.seen.add(id(self))
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        Touched.seen.add(id(self))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        Touched.seen.add(id(self))
        return super().get(name, default)

    def items(self) -> Any:
        Touched.seen.add(id(self))
        return super().items()


def item(number: int) -> tuple[Key, Key, dict[str, Any]]:
    """Half of the items are in one partition, and all are of one team."""
    key, at = Key("all" if number % 2 else f"{number:08}"), Key(f"{number:08}")
    attributes = {"userId": {"S": key}, "at": {"S": at}, "team": {"S": Key("all")}, "name": {"S": "Ada"}}
    return key, at, Touched(attributes)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDB]:
    made = DynamoDB()
    yield made
    made.tables.pop(NAME, None)


def filled(dynamodb: DynamoDB, size: int) -> Pages:
    """A table of some size, of which each kind of page was read once."""
    dynamodb.tables[NAME] = {**TABLE, "items": {}}
    for number in range(size):
        dynamodb.set_item(dynamodb.tables.get(NAME), *item(number))
    pages = Pages(dynamodb)
    for read in READS:
        page(pages, read)
    return pages


def page(pages: Pages, read: str) -> None:
    """One full page."""
    operation, request = READS[read]
    if operation == "query":
        request = {**request, "ExpressionAttributeValues": {":p": {"S": "all"}, ":a": {"S": "00000100"}}}
    status, _, body = getattr(pages, operation)({"TableName": NAME, "Limit": PAGE, **request})
    assert (status, b'"Count": %d' % PAGE in body) == (200, True), body[:500]


def write(dynamodb: DynamoDB) -> None:
    """An item is added, changed and removed."""
    table = dynamodb.tables.get(NAME)
    key, at, new = item(501)
    dynamodb.remove_item(table, key, at)
    dynamodb.set_item(table, key, at, new)
    dynamodb.set_item(table, key, at, {**new, "team": {"S": Key("other")}})
    dynamodb.set_item(table, key, at, new)


def counted(action: Callable[[], None]) -> dict[str, int]:
    """Comparisons of keys, and calls of functions."""
    calls = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    Key.comparisons = 0
    Touched.seen.clear()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return {"comparisons": Key.comparisons, "calls": calls - Key.comparisons, "items": len(Touched.seen)}


@pytest.fixture(scope="module")
def counts(dynamodb: DynamoDB) -> dict[int, dict[str, dict[str, int]]]:
    """Everything counted, at both sizes."""
    found = {}
    for size in (FEW, MANY):
        pages = filled(dynamodb, size)
        found[size] = {read: counted(partial(page, pages, read)) for read in READS}
        found[size]["write"] = counted(partial(write, dynamodb))
    return found


@pytest.mark.parametrize("read", READS)
def test_a_page_touches_a_few_times_its_items_only(counts, read):
    assert counts[MANY][read]["comparisons"] <= PAGE * LOCAL_COMPARISONS_PER_ITEM


@pytest.mark.parametrize("read", READS)
def test_a_page_reads_its_items_and_at_most_one_more_whatever_the_size_of_the_table(counts, read):
    assert PAGE <= counts[MANY][read]["items"] <= PAGE + 1
    assert counts[MANY][read]["items"] == counts[FEW][read]["items"]


@pytest.mark.parametrize("kind", ["comparisons", "calls"])
@pytest.mark.parametrize("action", [*READS, "write"])
def test_a_page_and_a_write_cost_the_same_in_a_table_fifty_times_as_large(counts, action, kind):
    assert counts[MANY][action][kind] <= counts[FEW][action][kind] + LOCAL_GROWTH

"""What global secondary indexes consume of a write, by DynamoDB's rules.

The base table takes units for the write itself, and each index takes more: one write for an item that comes into it,
leaves it or changes in it, and two for one that gets another place there. A table with indexes is therefore read
before and after each write, beside the meter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

WRITE_UNIT = 1024  # bytes
Item = dict[str, dict[str, Any]]
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
Key = tuple[str, tuple[str, ...]]  # a table, and the values of an item's key
WRITES = ("Put", "Update", "Delete")


@dataclass(frozen=True)
class Table:
    """The names of the keys of a table and of its indexes."""

    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]


class Indexes:
    """The indexes of all tables. `ask(operation, request)` is the DynamoDB API; `size(item)` is in bytes."""

    def __init__(self, ask: Ask, size: Callable[[Item], int]) -> None:
        self._ask, self._size = ask, size
        self._tables: dict[str, Table] = {}

    def images(self, operation: str, request: dict[str, Any]) -> dict[Key, Item]:
        """The items that a write touches, as they are now, in tables with indexes; {} for one that is not there."""
        return dict(self._image(action) for action in writes_of(operation, request) if self._table(action).indexes)

    def units(self, before: dict[Key, Item], after: dict[Key, Item]) -> float:
        """The write units of all indexes for the difference."""
        return float(
            sum(
                self._of_index(index, old, after[place])
                for place, old in before.items()
                for index in self._tables[place[0]].indexes
            )
        )

    def _of_index(self, index: tuple[str, ...], old: Item, new: Item) -> int:
        there = [item for item in (old, new) if all(name in item for name in index)]
        if old == new or not there:
            return 0
        sizes = [math.ceil(self._size(item) / WRITE_UNIT) for item in there]
        places = {tuple(str(item[name]) for name in index) for item in there}
        return max(sizes) if len(places) == 1 else sum(sizes)

    def _image(self, action: dict[str, Any]) -> tuple[Key, Item]:
        table = self._table(action)
        source = action.get("Item") or action["Key"]
        key = {name: source[name] for name in table.key}
        request = {"TableName": action["TableName"], "Key": key, "ConsistentRead": True}
        place = action["TableName"], tuple(str(value) for value in key.values())
        return place, self._ask("GetItem", request).get("Item", {})

    def _table(self, action: dict[str, Any]) -> Table:
        name = action["TableName"]
        if name not in self._tables:
            told = self._ask("DescribeTable", {"TableName": name})["Table"]
            found = told.get("GlobalSecondaryIndexes") or []
            if any(each["Projection"]["ProjectionType"] != "ALL" for each in found):
                raise ValueError(f"no rule for the indexes of {name}: they do not have all attributes")
            self._tables[name] = Table(names(told), tuple(map(names, found)))
        return self._tables[name]


def names(described: dict[str, Any]) -> tuple[str, ...]:
    """The names in a key."""
    return tuple(each["AttributeName"] for each in described["KeySchema"])


def writes_of(operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The single writes of a request, each with its table and its item or key."""
    if operation == "TransactWriteItems":
        for action in request["TransactItems"]:
            yield from (action[kind] for kind in WRITES if kind in action)
    elif operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield request

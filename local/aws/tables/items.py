"""The items of a table in dictionaries that keep their orders.

ministack stores a table as a dictionary of partitions, and each partition as a dictionary of items by sort key. These
two classes replace them. Each change of a dictionary reaches the orders, whoever makes it. Ways to change a
dictionary that ministack does not use raise an error, so that no change can pass the orders by.
"""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from local.aws.tables.orders import Item, Key, Order, Row

RowOf = Callable[[Key, Item], Row | None]


def rejected(self: Any, *_arguments: Any, **_named: Any) -> NoReturn:
    """The orders do not follow this way to change a dictionary."""
    raise NotImplementedError("change the items of a table one by one: its orders do not follow this change")


class Partition(dict[str, Item]):
    """The items of one partition key, by sort key."""

    __slots__ = ("key", "table")

    def __init__(self, table: Items, key: str, items: dict[str, Item]) -> None:
        super().__init__(items)
        self.table, self.key = table, key

    def __setitem__(self, sort: str, item: Item) -> None:
        with self.table.lock:
            super().__setitem__(sort, item)
            self.table.put((self.key, sort), item)

    def __delitem__(self, sort: str) -> None:
        with self.table.lock:
            super().__delitem__(sort)
            self.table.drop((self.key, sort))

    def pop(self, sort: str, *default: Any) -> Any:
        """The dictionary's."""
        with self.table.lock:
            self.table.drop((self.key, sort))
            return super().pop(sort, *default)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Item]:
        return copy.deepcopy(dict(self), memo)  # a copy of ministack's is for a backup or for another table

    __ior__ = clear = popitem = setdefault = update = rejected


class Items(dict[str, Partition]):
    """All items of a table: partitions by partition key. `lock` is held while items and orders change."""

    def __init__(self, partitions: dict[str, dict[str, Item]]) -> None:
        super().__init__()
        self.lock = threading.RLock()  # ministack deletes expired items on another thread
        self.orders: dict[Any, Order] = {}
        for key, items in partitions.items():
            super().__setitem__(key, Partition(self, key, items))

    def order(self, name: Any, row_of: RowOf) -> Order:
        """The order of that name; built when a request first needs it."""
        if name not in self.orders:
            self.orders[name] = Order(row_of, self.each())
        return self.orders[name]

    def each(self) -> Iterator[tuple[Key, Item]]:
        """Keys and items, unsorted."""
        for key, partition in self.items():
            for sort, item in partition.items():
                yield (key, sort), item

    def put(self, key: Key, item: Item) -> None:
        """A partition has a new or changed item."""
        for order in self.orders.values():
            order.put(key, item)

    def drop(self, key: Key) -> None:
        """A partition has lost an item."""
        for order in self.orders.values():
            order.drop(key)

    def __setitem__(self, key: str, items: dict[str, Item]) -> None:
        with self.lock:
            self.pop(key, None)
            super().__setitem__(key, Partition(self, key, items))
            for sort, item in items.items():
                self.put((key, sort), item)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def pop(self, key: str, *default: Any) -> Any:
        """The dictionary's."""
        with self.lock:
            for sort in self.get(key, ()):
                self.drop((key, sort))
            return super().pop(key, *default)

    def setdefault(self, key: str, items: dict[str, Item]) -> Partition:
        """The dictionary's."""
        with self.lock:
            if key not in self:
                self[key] = items
            return self[key]

    def __missing__(self, key: str) -> Partition:
        return self.setdefault(key, {})

    def __deepcopy__(self, memo: dict[int, Any]) -> defaultdict[str, dict[str, Item]]:
        return defaultdict(dict, copy.deepcopy(dict(self), memo))

    __ior__ = clear = popitem = update = rejected

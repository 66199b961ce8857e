"""The order in which a table or an index is read, kept while items change.

A row is what ministack sorts by, and then the key of the item: (*values, partition key, sort key).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sortedcontainers import SortedList

Key = tuple[str, str]  # partition key and sort key
Row = tuple[Any, ...]
Item = dict[str, Any]


class Above:
    """In the place of a value: above each value that begins with `prefix`, and above all values without one."""

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = prefix

    def __gt__(self, value: Any) -> bool:
        return self.prefix is None or value < self.prefix or value.startswith(self.prefix)

    def __lt__(self, value: Any) -> bool:
        return not self > value


TOP = Above()


class Order:
    """The rows of all items that have one, sorted. `row_of` returns the row of an item, or None."""

    def __init__(self, row_of: Callable[[Key, Item], Row | None], items: Iterable[tuple[Key, Item]]) -> None:
        self.row_of = row_of
        found = ((key, row_of(key, item)) for key, item in items)
        self.placed: dict[Key, Row] = {key: row for key, row in found if row is not None}
        self.rows: SortedList[Row] = SortedList(self.placed.values())

    def put(self, key: Key, item: Item) -> None:
        """An item is new or changed."""
        row = self.row_of(key, item)
        if row != self.placed.get(key):
            self.drop(key)
            if row is not None:
                self.placed[key] = row
                self.rows.add(row)

    def drop(self, key: Key) -> None:
        """An item is gone."""
        row = self.placed.pop(key, None)
        if row is not None:
            self.rows.remove(row)

    def place(self, bound: Row) -> int:
        """How many rows are below a bound. A bound may have fewer values than a row."""
        return int(self.rows.bisect_left(bound))


@dataclass
class Span:
    """Rows of an order: those at the places from `first` up to `last`, read in one direction.

    `partition` limits the rows that a Query is about. The span is a part of them.
    """

    order: Order
    first: int
    last: int
    partition: tuple[int, int] = (0, 0)
    forward: bool = field(default=True, kw_only=True)

    def after(self, cursor: Row) -> Span:
        """The rest of the span behind a cursor, whose item may be gone."""
        if self.forward:
            return Span(self.order, max(self.first, self.order.place((*cursor, TOP))), self.last, self.partition)
        last = min(self.last, self.order.place(cursor))
        return Span(self.order, self.first, last, self.partition, forward=False)

    def window(self, count: int) -> tuple[list[Key], bool]:
        """The keys of the first rows, and whether these are all. The first row of the partition comes too.

        ministack reports some mistakes in a request only if the partition has an item. It sorts that row out again:
        it does not fit the condition, or it is before the cursor.
        """
        if self.forward:
            places = range(self.first, min(self.last, self.first + count))
        else:
            places = range(max(self.first, self.last - count), self.last)
        rows = list(self.order.rows.islice(places.start, places.stop)) if places else []
        start, stop = self.partition
        if start < stop:
            rows.append(self.order.rows[start if self.forward else stop - 1])
        return [row[-2:] for row in rows], len(places) >= self.last - self.first

"""Scan and Query at the cost of their page, whatever the size of the table.

ministack sorts and copies the whole table for each page. Here it gets a table that holds only the first items which
the page can contain, taken from an order that is kept. It validates, filters, projects and pages as always.
If the page is not full with these items and there are more, it gets more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from local.aws.emulator.internals import DynamoDB, PagedRead, TooFew
from local.aws.tables.conditions import bounds
from local.aws.tables.items import Items
from local.aws.tables.orders import TOP, Item, Key, Row, Span
from local.aws.tables.records import Table

FIRST = 512  # items at first, for a page without a limit or with a larger one
MORE = 4  # times as many if these are too few

Request = dict[str, Any]


@dataclass(frozen=True)
class Columns:
    """The columns that ministack sorts by; for a Query, the partition is the first. An item needs all `keys`."""

    partition: tuple[str, ...]
    keys: tuple[str, ...]
    typed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Segments:
    """The order of a Scan in segments: by segment, and then by key."""

    total: int

    def row(self, key: Key, _item: Item) -> Row:
        """ministack takes the segment from the partition key in this way."""
        digest = hashlib.sha1(key[0].encode(), usedforsecurity=False).digest()
        return int.from_bytes(digest[:4], "big") % self.total, *key


class Pages:
    """ministack's Scan and Query, each on a window of the table."""

    def __init__(self, dynamodb: DynamoDB, first: int = FIRST) -> None:
        self.dynamodb = dynamodb
        self.ministack = dynamodb.reads
        self.first = first

    def install(self) -> None:
        """Put these in the place of ministack's."""
        self.ministack.read_by(self.scan, self.query)

    def scan(self, request: Request) -> Any:
        """One page of a Scan."""
        return self.page(self.ministack.scan, request, self.scanned)

    def query(self, request: Request) -> Any:
        """One page of a Query."""
        return self.page(self.ministack.query, request, self.queried)

    def page(self, read: PagedRead, request: Request, span_of: Callable[[Table, Request], Span | None]) -> Any:
        """ministack's response, from as few items as it needs; from the whole table if it is to reject the request."""
        table = self.dynamodb.tables.get(self.ministack.table_name(request.get("TableName")))
        if not table:
            return read.whole(request)
        with self.ordered(table).lock:
            try:
                span = span_of(table, request)
            except (AttributeError, TypeError):  # a value of a wrong type: ministack says what is wrong with it
                span = None
            return read.whole(request) if span is None else self.narrowed(read, request, table, span)

    def narrowed(self, read: PagedRead, request: Request, table: Table, span: Span) -> Any:
        """ministack's response, from larger and larger windows until one is enough."""
        limit = request.get("Limit")
        count = limit if isinstance(limit, int) and 0 < limit < self.first else self.first
        while True:
            keys, complete = span.window(count)
            try:
                return read.windowed(request, {**table, "items": chosen(table["items"], keys)}, complete=complete)
            except TooFew:
                count *= MORE

    def ordered(self, table: Table) -> Items:
        """The items of a table, in dictionaries that keep their orders."""
        if not isinstance(table["items"], Items):
            with self.dynamodb.lock:  # the expiry thread holds it while it removes
                table["items"] = Items(table["items"])
        items: Items = table["items"]
        return items

    def scanned(self, table: Table, request: Request) -> Span | None:
        """The rows that are left for a Scan; None if ministack is to reject it."""
        names = self.key_names(table, request.get("IndexName"))
        if names is None:
            return None
        start = request.get("ExclusiveStartKey")
        if request.get("IndexName"):
            columns = self.columns(table, (), *names)
            order = table["items"].order(columns, partial(self.row, columns))
            span = Span(order, 0, len(order.rows))
            return span.after(self.cursor(columns, start)) if start else span
        cursor = self.scan_cursor(table, start) if start else ()
        if in_segments(request):
            return self.segment(table, request["Segment"], request["TotalSegments"], cursor)
        order = table["items"].order(None, key_row)
        span = Span(order, 0, len(order.rows))
        return span.after(cursor) if start else span

    def segment(self, table: Table, segment: int, total: int, cursor: Row) -> Span:
        """The rows that are left of one segment. Only the order of the last number of segments is kept."""
        items, name = self.ordered(table), Segments(total)
        for other in [it for it in items.orders if isinstance(it, Segments) and it != name]:
            del items.orders[other]
        order = items.order(name, name.row)
        span = Span(order, order.place((segment,)), order.place((segment, TOP)))
        return span.after((segment, *cursor)) if cursor else span

    def queried(self, table: Table, request: Request) -> Span | None:
        """The rows that are left for a Query; None if ministack is to reject it, or a partition holds one item."""
        index = request.get("IndexName")
        names = self.key_names(table, index)
        if names is None or not (index or table["sk_name"]):
            return None
        partition = self.ministack.partition(request, names[0])
        if partition is None:
            return None
        columns = self.columns(table, tuple(names[0]), *names)
        order = table["items"].order(columns, partial(self.row, columns))
        whole = order.place((partition,)), order.place((partition, TOP))
        sort_keys = columns.typed[: len(names[1])]
        low, high = bounds(self.ministack, request, (partition,), sort_keys)
        forward = bool(request.get("ScanIndexForward", True))
        span = Span(order, order.place(low), order.place(high), whole, forward=forward)
        start = request.get("ExclusiveStartKey")
        return span.after((partition, *self.cursor(columns, start))) if start else span

    def key_names(self, table: Table, index: str | None) -> tuple[list[str], list[str]] | None:
        """The names of the partition keys and sort keys of a table or index; None if there is no such index."""
        if not index:
            return [table["pk_name"]], [table["sk_name"]] if table["sk_name"] else []
        definition = self.ministack.index(table, index)
        return None if definition is None else self.ministack.key_names(definition)

    def columns(self, table: Table, partition: tuple[str, ...], hashes: list[str], ranges: list[str]) -> Columns:
        """The columns of an order."""
        return Columns(partition, (*hashes, *ranges), tuple(self.ministack.sort_keys(table, ranges)))

    def row(self, columns: Columns, key: Key, item: Item) -> Row | None:
        """An item's row; None if the item lacks a key, and is not in the index."""
        if any(name not in item for name in columns.keys):
            return None
        partition = [self.ministack.index_partition(item, list(columns.partition), [])] if columns.partition else []
        return (*partition, *self.cursor(columns, item), *key)

    def cursor(self, columns: Columns, attributes: Item) -> Row:
        """The values of the columns."""
        return tuple(self.ministack.order_value(attributes, name, kind) for name, kind in columns.typed)

    def scan_cursor(self, table: Table, start: Item) -> Row:
        """The key in a cursor, as a Scan compares it: as text."""
        names = [name for name in (table["pk_name"], table["sk_name"]) if name]
        return tuple(self.ministack.key_text(start.get(name, {})) for name in names)


def in_segments(request: Request) -> bool:
    """Whether a Scan is of one segment, as far as ministack accepts it."""
    segment, total = request.get("Segment"), request.get("TotalSegments")
    return type(segment) is int and type(total) is int and 0 <= segment < total


def key_row(key: Key, _item: Item) -> Row:
    """A Scan sorts by the key, as text."""
    return key


def chosen(items: Items, keys: list[Key]) -> dict[str, dict[str, Item]]:
    """Some items, as ministack stores them."""
    found: dict[str, dict[str, Item]] = {}
    for key, sort in keys:
        found.setdefault(key, {})[sort] = items[key][sort]
    return found

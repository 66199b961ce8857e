"""The changes of ministack's DynamoDB, as records that can be replayed in any process at any time.

A record holds the effect of one request, not the request: the items afterwards, the stream records that were
made, the transaction token that was used. Therefore replaying needs no condition, and the clock only to skip old
tokens. A transaction is one record. The tables themselves (keys, indexes, time to live, tags) are recorded whole
whenever they have changed. A record can be undone until a client has seen it.

Expiry is not recorded: an item that outlived its time and comes back is removed again within the minute.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from local.aws.emulator.internals import DynamoDB, entries, scoped_key
from local.aws.tables.records import Item, Table, dump, items_of, table_definitions
from local.journal.log import NotKept

READS = frozenset(
    {
        "GetItem",
        "Query",
        "Scan",
        "BatchGetItem",
        "TransactGetItems",
        "DescribeTable",
        "ListTables",
        "DescribeTimeToLive",
        "DescribeEndpoints",
        "DescribeLimits",
    }
)
WRITES = frozenset(
    {
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
    }
)
DELIVERY_SECONDS = 10.0


@dataclass
class Batch:
    """The changes of one request so far. An effect is [table ARN, partition key, sort key, item or None, stream?]."""

    effects: list[list[Any]] = field(default_factory=list)
    tokens: list[list[Any]] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)

    def payload(self) -> bytes:
        """The batch as a record."""
        return dump({"effects": self.effects, **({"tokens": self.tokens} if self.tokens else {})})


class Recorder:
    """Records what changes in ministack's DynamoDB; `append` takes each record and returns its position."""

    def __init__(self, dynamodb: DynamoDB, append: Callable[[bytes], int]) -> None:
        self.dynamodb = dynamodb
        self.append = append
        self.batch: Batch | None = None
        self.open: deque[tuple[int, list[Callable[[], None]]]] = deque()
        self.definitions = b""
        self.known: set[str] = set()  # ARNs of the tables whose definition is recorded
        self.thread = 0

    # --- recording -------------------------------------------------------------------------------------------

    def install(self, loop: asyncio.AbstractEventLoop, flushed: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Put the recording functions in the place of ministack's; call it on the event loop's thread.

        `flushed` returns when all that was appended is on the disk, or raises NotKept.
        """
        self.thread = threading.get_ident()
        self.loop, self.flushed = loop, flushed
        self.remember_definitions(table_definitions(self.dynamodb))
        self.dynamodb.record_by(self)

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        """ministack's handler, with all that it changed in one record."""
        self.batch = batch = Batch()
        try:
            # it never waits for anything, so nothing else can run, and get into this batch, before it is done
            return finished(self.dynamodb.handle_request(method, path, headers, body, query))
        finally:
            self.batch = None
            self.commit(batch)
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            if action not in READS and action not in WRITES:
                self.record_definitions()

    def commit(self, batch: Batch) -> None:
        """Hand over what a request has changed, if anything."""
        if batch.effects or batch.tokens:
            self.open.append((self.append(batch.payload()), batch.undo))

    def change(self, effect: list[Any], undo: Callable[[], None]) -> None:
        """Note one changed item; alone in a record when no request is being handled."""
        if effect[0] not in self.known:
            self.record_definitions()
        batch = self.current() or Batch()
        batch.effects.append(effect)
        batch.undo.append(undo)
        if batch is not self.batch:
            self.commit(batch)

    def current(self) -> Batch | None:
        """The batch of the request being handled; ministack's own threads have none."""
        return self.batch if threading.get_ident() == self.thread else None

    def set_item(self, table: Table, key: str, sort: str, item: Item) -> Item | None:
        """ministack's, recorded."""
        old: Item | None = self.dynamodb.set_item(table, key, sort, item)
        self.change([table["TableArn"], key, sort, item], lambda: self.put_back(table, key, sort, old))
        return old

    def remove_item(self, table: Table, key: str, sort: str) -> Item | None:
        """ministack's, recorded; what its expiry thread removes is not."""
        old: Item | None = self.dynamodb.remove_item(table, key, sort)
        if old is not None and threading.get_ident() == self.thread:
            self.change([table["TableArn"], key, sort, None], lambda: self.put_back(table, key, sort, old))
        return old

    def put_back(self, table: Table, key: str, sort: str, old: Item | None) -> None:
        """Make an item what it was."""
        if old is None:
            self.dynamodb.remove_item(table, key, sort)
        else:
            self.dynamodb.set_item(table, key, sort, old)

    def items_replaced(self, table: Table) -> None:
        """ministack's, for a table whose items were exchanged as a whole: all of them are recorded."""
        self.dynamodb.items_replaced(table)
        self.change([table["TableArn"], None, None, None], lambda: None)
        for key, sort, item in items_of(table):
            self.change([table["TableArn"], key, sort, item], lambda: None)

    def emit_stream_event(
        self, name: str, event: str, old: Item | None, new: Item | None, replicate: bool = True
    ) -> None:
        """ministack's, with the stream record it makes noted beside the item it is about."""
        before = last(self.dynamodb.streams.get(name))
        self.dynamodb.emit_stream_event(name, event, old, new, replicate)
        records = self.dynamodb.streams.get(name)
        record = last(records)
        batch = self.current()
        if record is before or batch is None:
            return
        change = record["dynamodb"]
        effect = next(
            effect for effect in reversed(batch.effects) if record["eventSourceARN"].startswith(effect[0] + "/")
        )
        effect.append([record["eventID"], change["SequenceNumber"], change["ApproximateCreationDateTime"], event])
        batch.undo.append(lambda: records.remove(record))

    def stream_records_since(self, *arguments: Any, **named: Any) -> list[dict[str, Any]]:
        """ministack's; its threads, which deliver to consumers, get only what can no longer be lost."""
        records: list[dict[str, Any]] = self.dynamodb.stream_records_since(*arguments, **named)
        if records and threading.get_ident() != self.thread:
            try:
                asyncio.run_coroutine_threadsafe(self.flushed(), self.loop).result(DELIVERY_SECONDS)
            except (NotKept, TimeoutError):
                return []
        return records

    def store_token(self, token: str, entry: dict[str, Any]) -> None:
        """ministack's, recorded, so that a retry after a crash still gets the first answer."""
        self.dynamodb.store_token(token, entry)
        scoped = scoped_key(self.dynamodb.tokens, token)
        batch = self.current()
        if batch is not None:
            batch.tokens.append([*scoped, entry])
            batch.undo.append(lambda: entries(self.dynamodb.tokens).pop(scoped, None))

    def record_definitions(self) -> None:
        """Record the tables' definitions when they are not what was recorded last."""
        definitions = table_definitions(self.dynamodb)
        if definitions != self.definitions:
            self.remember_definitions(definitions)
            self.open.append((self.append(definitions), []))

    def remember_definitions(self, definitions: bytes) -> None:
        """These are the definitions that the journal holds."""
        self.definitions = definitions
        self.known = {table["TableArn"] for table in self.dynamodb.tables.all_values()}

    # --- what is kept, and what is taken back ----------------------------------------------------------------

    def kept(self, position: int) -> None:
        """Everything up to `position` is on the disk and will not be taken back."""
        while self.open and self.open[0][0] <= position:
            self.open.popleft()

    def take_back(self, position: int) -> None:
        """Undo everything after `position`, newest first."""
        self.kept(position)
        while self.open:
            for undo in reversed(self.open.pop()[1]):
                undo()
        self.definitions, self.known = b"", set()  # recorded again with the next change


def last(records: list[Any] | None) -> Any:
    """The last of a list that may be empty or missing."""
    return records[-1] if records else None


def finished(coroutine: Any) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("ministack's DynamoDB waited while handling a request")

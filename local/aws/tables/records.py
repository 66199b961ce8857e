"""DynamoDB's state in the journal's records: brought back from them, and written as a snapshot.

A record is JSON with any of these fields:

    effects      [[table ARN, partition key, sort key, item or null, stream?], ...]; keys null: the table was emptied
                 stream: [event id, sequence number, time, event name] of the stream record that the change made
    tokens       [[account, region, client request token, what ministack knows of it], ...]
    definitions  all tables but for their items, and what ministack keeps beside them
    streams      [{scope, trimmed, records}, ...]: parts of tables' streams, in snapshots only
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from local.aws.emulator.internals import DynamoDB, Scope, entries

DERIVED = frozenset({"items", "ItemCount", "TableSizeBytes", "_index_members"})
ROWS = 200  # in one record of a snapshot

Table = dict[str, Any]
Item = dict[str, Any]


def dump(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """JSON as compact as it comes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=default).encode()


class Replay:
    """Brings ministack's DynamoDB to where its records say, before anything of it is replaced."""

    def __init__(self, dynamodb: DynamoDB) -> None:
        self.dynamodb = dynamodb

    def replay(self, record: dict[str, Any]) -> None:
        """Do again what a record says."""
        for arn, key, sort, item, *stream in record.get("effects", ()):
            self.replay_effect(arn, key, sort, item, stream[0] if stream else None)
        for account, region, token, entry in valid(self.dynamodb, record.get("tokens", [])):
            self.dynamodb.tokens.set_scoped(account, region, token, entry)
        if "definitions" in record:
            self.replay_definitions(record["definitions"])
        for stream_state in record.get("streams", ()):
            self.replay_stream(**stream_state)

    def replay_effect(self, arn: str, key: str | None, sort: str, item: Item | None, stream: list[Any] | None) -> None:
        """Bring one item, and its stream record, to where it was."""
        scope = scope_of(arn)
        table = self.dynamodb.tables.get_scoped(*scope)
        if table is None:
            return  # its table went later in the same request
        if key is None:
            table["items"] = defaultdict(dict)
            self.dynamodb.items_replaced(table)
            return
        old = table["items"].get(key, {}).get(sort)
        if item is None:
            self.dynamodb.remove_item(table, key, sort)
        else:
            self.dynamodb.set_item(table, key, sort, item)
        if stream is not None:
            self.add_stream_record(scope, table, old, item, stream)

    def add_stream_record(
        self, scope: Scope, table: Table, old: Item | None, new: Item | None, stream: list[Any]
    ) -> None:
        """Make the stream record of a replayed change what it was."""
        event_id, sequence, created, event = stream
        view = (table.get("StreamSpecification") or {}).get("StreamViewType", "NEW_AND_OLD_IMAGES")
        record = self.dynamodb.build_change_record(table, event, old, new, view)
        record["eventID"], record["awsRegion"] = event_id, scope[1]
        record["dynamodb"] |= {"SequenceNumber": sequence, "ApproximateCreationDateTime": created}
        entries(self.dynamodb.streams).setdefault(scope, []).append(record)

    def replay_definitions(self, stored: dict[str, Any]) -> None:
        """Make the tables' definitions what they were; items stay with a table of the same id."""
        tables = entries(self.dynamodb.tables)
        wanted = entries(stored["tables"])
        for scope in [scope for scope in tables if scope not in wanted]:
            del tables[scope]
            self.forget_stream(scope)
        for scope, definition in wanted.items():
            old = tables.get(scope, {})
            same = bool(old) and old["TableId"] == definition["TableId"]
            items = old["items"] if same else defaultdict(dict)
            tables[scope] = {**definition, "items": items}
            self.dynamodb.items_replaced(tables[scope])
            if not same or not (definition.get("StreamSpecification") or {}).get("StreamEnabled"):
                self.forget_stream(scope)
        for name, store in self.dynamodb.stores.items():
            entries(store).clear()
            entries(store).update(entries(stored[name]))

    def forget_stream(self, scope: Scope) -> None:
        """A table's stream ends with it."""
        self.dynamodb.streams.pop_scoped(*scope, None)
        self.dynamodb.trimmed.pop_scoped(*scope, None)

    def replay_stream(self, scope: list[str], trimmed: int, records: list[dict[str, Any]]) -> None:
        """A part of a table's stream, from a snapshot."""
        key = (scope[0], scope[1], scope[2])
        self.dynamodb.trimmed.set_scoped(*key, trimmed)
        entries(self.dynamodb.streams).setdefault(key, []).extend(records)


def snapshot(dynamodb: DynamoDB) -> Iterator[bytes]:
    """The whole state as records. Their data is copied before this returns."""
    definitions = table_definitions(dynamodb)
    with dynamodb.lock:  # the expiry thread holds it while it removes
        items = [(table["TableArn"], list(items_of(table))) for table in dynamodb.tables.all_values()]
    streams = [
        (scope, dynamodb.trimmed.get_scoped(*scope, 0), list(records))
        for scope, records in dynamodb.streams.all_items()
    ]
    tokens = valid(dynamodb, [[*scoped, entry] for scoped, entry in dynamodb.tokens.all_items()])
    return snapshot_records(definitions, items, streams, tokens)


def snapshot_records(
    definitions: bytes,
    items: list[tuple[str, list[tuple[str, str, Item]]]],
    streams: list[tuple[Scope, int, list[Any]]],
    tokens: list[list[Any]],
) -> Iterator[bytes]:
    """Records small enough not to hold up the other threads while each is made."""
    yield definitions
    for arn, rows in items:
        for part in parts(rows):
            yield dump({"effects": [[arn, key, sort, item] for key, sort, item in part]})
    for scope, trimmed, records in streams:
        for part in parts(records):
            yield dump({"streams": [{"scope": scope, "trimmed": trimmed, "records": part}]})
    for part in parts(tokens):
        yield dump({"tokens": part})


def valid(dynamodb: DynamoDB, tokens: list[list[Any]]) -> list[list[Any]]:
    """The transaction tokens that a request can still repeat. DynamoDB forgets a token after ten minutes."""
    since = time.time() - dynamodb.token_seconds
    return [token for token in tokens if token[-1]["completed_at"] > since]


def parts(rows: list[Any]) -> Iterator[list[Any]]:
    """A list in pieces of ROWS."""
    for start in range(0, len(rows), ROWS):
        yield rows[start : start + ROWS]


def items_of(table: Table) -> Iterator[tuple[str, str, Item]]:
    """Partition key, sort key and item of everything in a table."""
    for key, sorted_items in table["items"].items():
        for sort, item in sorted_items.items():
            yield key, sort, item


def scope_of(arn: str) -> Scope:
    """Account, region and name of a table, from its ARN."""
    _, _, _, region, account, resource = arn.split(":", 5)
    return account, region, resource.partition("/")[2]


def table_definitions(dynamodb: DynamoDB) -> bytes:
    """All tables without their items, and what is kept beside them, as a record."""
    tables = type(dynamodb.tables)()
    for scoped, table in dynamodb.tables.all_items():
        entries(tables)[scoped] = {name: value for name, value in table.items() if name not in DERIVED}
    return dump({"definitions": {"tables": tables, **dynamodb.stores}}, dynamodb.json.default)

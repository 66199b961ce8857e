"""Point-in-time recovery: a table as it was at a moment, from the journal.

Each record of DynamoDB has the time at which its request was handled, in seconds. The clock of the records never goes
back, also if that of the machine does. `RestoreTableToPointInTime` makes a new table from the records up to a moment,
and ministack does the rest. On AWS a restore takes minutes, and the latest moment is about five minutes ago. Here both
are immediate, and every moment counts, not only whole seconds.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

from local.aws.emulator.internals import DynamoDB, entries
from local.aws.emulator.internals_of_recovery import Answer, Recovery, Request
from local.aws.tables.records import Item, dump, scope_of
from local.journal.history import Gone, History

MARK = b',"at":'
DEFINITIONS = b'{"definitions":'
LONGEST = 40  # bytes of the mark and its time
DAYS = 35  # that a moment can be restored, unless the table says fewer
DAY = 24 * 3600.0
UNAVAILABLE, INVALID = "PointInTimeRecoveryUnavailableException", "InvalidRestoreTimeException"

Items = dict[str, dict[str, Item]]


def stamped(payload: bytes, moment: float) -> bytes:
    """A record of DynamoDB with its time, in its last field."""
    return b"%b%b%.6f}" % (payload[:-1], MARK, moment)


def moment_of(payload: bytes) -> float | None:
    """The time of a record; None for one that has none, as an older version wrote it."""
    place = payload.rfind(MARK, max(0, len(payload) - LONGEST))
    try:
        return float(payload[place + len(MARK) : -1]) if place >= 0 else None
    except ValueError:  # the field of an item
        return None


class Clock:
    """The time in seconds, which never goes back."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now, self._last = now, 0.0

    def __call__(self) -> float:
        self._last = max(self._last, self._now())
        return self._last

    def seen(self, moment: float | None) -> None:
        """Go on after a moment of an earlier run."""
        self._last = max(self._last, moment or 0.0)


class NotThere(Exception):
    """The table was not there at the moment."""


def items_at(records: Iterable[bytes], arn: str, table_id: str, moment: float, hook: Callable[[Any], Any]) -> Items:
    """The items of a table at a moment. `records` begin with a whole state. Raises NotThere.

    A table of the same name with another id is another table, and its items do not count.
    """
    needle, scope = json.dumps(arn, ensure_ascii=False).encode(), scope_of(arn)
    items: Items = {}
    there = False
    for record in records:
        at = moment_of(record)
        if at is not None and at > moment:
            break
        if record.startswith(DEFINITIONS):
            tables = entries(json.loads(record, object_hook=hook)["definitions"]["tables"])
            there = scope in tables and tables[scope]["TableId"] == table_id
            items = items if there else {}
        elif there and needle in record:
            for effect in json.loads(record).get("effects", ()):
                if effect[0] == arn:
                    apply(items, *effect[1:4])
    if not there:
        raise NotThere
    return items


def apply(items: Items, key: str | None, sort: str, item: Item | None) -> None:
    """Make one item what a record says; without a key, remove all items."""
    if key is None:
        items.clear()
    elif item is not None:
        items.setdefault(key, {})[sort] = item
    elif key in items:
        items[key].pop(sort, None)
        if not items[key]:
            del items[key]


class PointInTime:
    """Describes, sets and restores in the place of ministack. `saved` brings to the disk all that was recorded."""

    def __init__(self, dynamodb: DynamoDB, history: History, clock: Clock, saved: Callable[[], bool]) -> None:
        self.dynamodb, self.history, self.clock, self.saved = dynamodb, history, clock, saved
        self.ministack = Recovery()

    def install(self) -> None:
        """Take the place of ministack's operations."""
        self.ministack.recover_by(self)

    def describe(self, request: Request) -> Answer:
        """DescribeContinuousBackups, with the moments that can be restored."""
        status, headers, body = self.ministack.describe(request)
        table = self.table(request.get("TableName", ""))
        if status != 200 or table is None or not self.setting(table):
            return status, headers, body
        found = json.loads(body)
        earliest, latest = self.window(table)
        found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] |= {
            "RecoveryPeriodInDays": self.setting(table)["days"],
            **(
                {"EarliestRestorableDateTime": earliest, "LatestRestorableDateTime": latest}
                if earliest <= latest
                else {}
            ),
        }
        return self.ministack.json_response(found)

    def update(self, request: Request) -> Answer:
        """UpdateContinuousBackups, which also says since when and for how long."""
        table = self.table(request.get("TableName", ""))
        before = self.setting(table) if table else {}
        answer = self.ministack.update(request)
        if table is not None and self.setting(table):
            wanted = request["PointInTimeRecoverySpecification"]
            days = wanted.get("RecoveryPeriodInDays") or before.get("days", DAYS)
            since = before.get("since", self.clock())
            self.ministack.settings[table["TableName"]] = {"since": since, "days": days}
        return answer

    def restore(self, request: Request) -> Answer:
        """RestoreTableToPointInTime, from the journal."""
        table, target = self.table(source_of(request)), request.get("TargetTableName")
        if table is None or not target or self.table(target) is not None:
            rejected: Answer = self.ministack.restore(request)
            return rejected
        name = table["TableName"]
        if not self.setting(table):
            return self.ministack.refuse(UNAVAILABLE, f"Point in time recovery is not enabled for table {name}", 400)
        if not self.saved():
            return self.ministack.refuse("InternalServerError", "the journal could not be written", 500)
        earliest, latest = self.window(table)
        moment = latest if request.get("UseLatestRestorableTime") else float(request.get("RestoreDateTime") or 0)
        if not earliest <= moment <= latest:
            return self.invalid(earliest, latest)
        try:
            items = self.items(table, moment)
        except (NotThere, Gone):
            return self.invalid(earliest, latest)
        status, headers, body = self.ministack.restored(request, name, items)
        return (status, headers, body) if status != 200 else self.told(table["TableArn"], target, moment)

    def invalid(self, earliest: float, latest: float) -> Answer:
        """The rejection of a moment."""
        return self.ministack.refuse(INVALID, f"The moment is not between {earliest:.3f} and {latest:.3f}", 400)

    def told(self, source: str, target: str, moment: float) -> Answer:
        """The response to a restore. The new table remembers where it comes from."""
        summary = {"SourceTableArn": source, "RestoreDateTime": moment, "RestoreInProgress": False}
        self.ministack.tables[target]["RestoreSummary"] = summary
        return self.ministack.json_response({"TableDescription": self.table_description(target)})

    def table_description(self, name: str) -> dict[str, Any]:
        """The description of a table, with where it was restored from."""
        summary = self.ministack.tables[name].get("RestoreSummary")
        return {**self.ministack.table_description(name), **({"RestoreSummary": summary} if summary else {})}

    def table(self, name: str) -> dict[str, Any] | None:
        """The table of a name or ARN; None if there is none."""
        found: dict[str, Any] | None = self.ministack.tables.get(self.ministack.table_name(name))
        return found

    def setting(self, table: dict[str, Any]) -> dict[str, Any]:
        """Since when a table has recovery, and for how many days; empty without.

        An older version kept only that it is on.
        """
        found = self.ministack.settings.get(table["TableName"])
        if found is True:
            return {"since": float(table["CreationDateTime"]), "days": DAYS}
        return found or {}

    def window(self, table: dict[str, Any]) -> tuple[float, float]:
        """The earliest and the latest moment, in seconds, that a table with recovery can be restored to."""
        now, setting = self.clock(), self.setting(table)
        begun = next((it.moment for it in self.history.beginnings()), now)
        return max(begun, setting["since"], now - setting["days"] * DAY), now

    def items(self, table: dict[str, Any], moment: float) -> Items:
        """The items of a table at a moment. Raises NotThere, Gone."""
        before = [it.generation for it in self.history.beginnings() if it.moment <= moment]
        if not before:
            raise Gone
        with closing(self.history.payloads(before[-1])) as records:
            hook = self.dynamodb.json.object_hook
            found = items_at(records, table["TableArn"], table["TableId"], moment, hook)
        return defaultdict(dict, found)


def source_of(request: Request) -> str:
    """The name or ARN of the table to restore."""
    return str(request.get("SourceTableName") or request.get("SourceTableArn") or "")


def first_record(moment: float) -> bytes:
    """The first record of an empty journal: nothing is there yet."""
    return stamped(dump({"effects": []}), moment)


def with_time(records: Iterator[bytes], moment: float) -> Iterator[bytes]:
    """A snapshot whose first record says which moment it shows."""
    yield stamped(next(records), moment)
    yield from records

"""Restore the users and their keys to one second, into new tables with the same settings.

    python -m operate restore --users USERS --keys KEYS --to MOMENT [--state FILE] [--write --bus BUS]

MOMENT is a time such as 2026-11-23T10:00:00Z, or `latest`. The command waits until DynamoDB can restore that second
and has restored it. Then it gives the new tables the settings of the old ones, and compares users and claims. The old
tables do not change: `put-back` makes them what the new ones are. Run an interrupted command again with the same
MOMENT. With --state, `latest` stays the moment of the first run.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dynamodb.errors import DynamoDBError
from operate import database
from operate.database import Call
from operate.records import fingerprint
from operate.recovery import table_settings
from operate.recovery.table_settings import backups, described, is_active
from operate.waiting import wait

CHANGES = "nothing in the two tables; it adds two new ones, with --write"
LATEST = "latest"
NAMED = "%Y%m%dT%H%M%SZ"
NO_TABLE = "ResourceNotFoundException"
Pair = tuple[str, str]


class NotRestorable(Exception):
    """The tables cannot be restored to the moment; the text says why."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--to", required=True, type=moment_in, metavar="MOMENT", help="a time with its zone, or latest")
    parser.add_argument("--state", metavar="FILE", help="remembers the moment of `latest`")
    database.add_options(parser)


def moment_in(text: str) -> str | int:
    """A moment in seconds since 1970, or `latest`."""
    if text == LATEST:
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-23T10:00:00Z") from None
    if found.tzinfo is None or found.microsecond:
        raise argparse.ArgumentTypeError(f"{text!r} needs a zone, such as Z, and whole seconds")
    return int(found.timestamp())


def shown(moment: float) -> str:
    """A moment as people write it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run(call: Call, options: argparse.Namespace) -> int:
    """Restore both tables; 1 if users and claims disagree in the new ones."""
    restore = Restore(call, (options.users, options.keys), moment_of(call, options))
    print(f"{shown(restore.moment)}: {' and '.join(restore.targets)}")
    if not options.write:
        restore.check()
        return 0
    restore.run()
    found = fingerprint.taken(call, *restore.targets, progress=True)
    print("\n".join(fingerprint.lines(found)))
    return 0 if found.agrees else 1


def moment_of(call: Call, options: argparse.Namespace) -> int:
    """The second to restore; that of an earlier run, if its file says so. Raises NotRestorable."""
    work = f"{options.users} {options.keys} {options.to}"
    state = Path(options.state) if options.state else None
    if state and state.exists():
        found = json.loads(state.read_text())
        if found.get("work") != work:
            raise NotRestorable(f"{state} is of other work: {found.get('work')}")
        return int(found["moment"])
    moment = options.to if options.to != LATEST else latest(call, (options.users, options.keys))
    if state and options.write:
        write(state, {"work": work, "moment": moment})
    return int(moment)


def write(path: Path, value: Any) -> None:
    """Replace a file as a whole."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value))
    os.replace(new, path)


def latest(call: Call, tables: Pair) -> int:
    """The last second that both tables can be restored to. Raises NotRestorable."""
    return int(min(window(call, table)[1] for table in tables))


def window(call: Call, table: str) -> tuple[float, float]:
    """The earliest and the latest moment of a table. Raises NotRestorable."""
    found = backups(call, table)
    if "LatestRestorableDateTime" not in found:
        raise NotRestorable(f"{table} has no point-in-time recovery, or it was turned on a moment ago")
    return float(found["EarliestRestorableDateTime"]), float(found["LatestRestorableDateTime"])


@dataclass(frozen=True)
class Restore:
    """A restore of a pair of tables to one second. Each step can be done again."""

    call: Call
    sources: Pair
    moment: int

    @property
    def targets(self) -> Pair:
        """The names of the new tables."""
        mark = datetime.fromtimestamp(self.moment, UTC).strftime(NAMED)
        return f"{self.sources[0]}-{mark}", f"{self.sources[1]}-{mark}"

    def run(self, say: Callable[[str], None] = print) -> None:
        """Do all steps. Raises NotRestorable."""
        self.check()
        wait(f"{shown(self.moment)} cannot be restored yet", self.is_restorable)
        for source, target in zip(self.sources, self.targets, strict=True):
            self.begin(source, target)
        for target in self.targets:
            took = wait(f"{target} is being restored", lambda name=target: is_active(described(self.call, name)))  # type: ignore[misc]
            say(f"{target} is there after {took:,.0f} s")
        for source, target in zip(self.sources, self.targets, strict=True):
            say(f"{target} has {', '.join(table_settings.apply(self.call, source, target)) or 'all settings already'}")

    def check(self) -> None:
        """NotRestorable, if the moment is too early or has not come."""
        for table in self.sources:
            earliest, _ = window(self.call, table)
            if self.moment < earliest:
                raise NotRestorable(f"{table} can be restored from {shown(earliest + 1)} on")
        if self.moment > time.time():
            raise NotRestorable(f"{shown(self.moment)} has not come")

    def is_restorable(self) -> bool:
        """Whether DynamoDB can restore the moment already. It takes about five minutes."""
        return latest(self.call, self.sources) >= self.moment

    def begin(self, source: str, target: str) -> None:
        """Begin a restore, unless it has begun. Raises NotRestorable for another table of that name."""
        request = {"SourceTableName": source, "TargetTableName": target, "RestoreDateTime": self.moment}
        found = found_table(self.call, target)
        if not found:
            self.call("RestoreTableToPointInTime", request)
            return
        summary = found.get("RestoreSummary", {})
        arn = described(self.call, source)["TableArn"]
        if (summary.get("SourceTableArn"), int(summary.get("RestoreDateTime", 0))) != (arn, self.moment):
            raise NotRestorable(f"{target} is there and is no restore of {source} to {shown(self.moment)}")


def found_table(call: Call, name: str) -> dict[str, Any]:
    """The description of a table; empty if there is none."""
    try:
        return described(call, name)
    except DynamoDBError as error:
        if error.code == NO_TABLE:
            return {}
        raise

"""A Region as the operators' commands see it: its replicas of the two tables, and which Region it takes for home."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from dynamodb.values import to_item
from operate.database import Call, get
from operate.records import fingerprint
from operate.records.fingerprint import Fingerprint, Sum
from regions.home import KEY
from users.expressions import Expression
from utils.timestamps import rfc3339


@dataclass(frozen=True)
class Region:
    """The replicas in one Region. `call` is DynamoDB there."""

    name: str
    call: Call
    users: str
    keys: str
    segments: int = fingerprint.SEGMENTS

    def home(self) -> str:
        """The home Region as this one knows it; empty while no command has named one."""
        return str(get(self.call, self.keys, {"key": KEY}).get("region", {}).get("S", ""))

    def name_home(self, region: str, *known: str) -> None:
        """Name the home Region, if the one that was known is one of `known`. Raises ConditionalCheckFailed."""
        item = to_item({"key": KEY, "region": region, "since": rfc3339(time.time())})
        expected = Expression().require_absent("key", *(("region", "=", each) for each in known if each))
        self.call("PutItem", expected.condition(TableName=self.keys, Item=item))

    def insist_on_home(self, region: str) -> None:
        """Name the home Region, whatever was known."""
        item = to_item({"key": KEY, "region": region, "since": rfc3339(time.time())})
        self.call("PutItem", {"TableName": self.keys, "Item": item})

    def content(self) -> list[Sum]:
        """The sum of all items of each table that have not expired. Two Regions with the same are level."""
        now = int(time.time())
        return [
            fingerprint.read(self.call, table, self.segments, lambda item: whole(item, now)).others
            for table in (self.users, self.keys)
        ]


def whole(item: dict[str, Any], now: int) -> Fingerprint:
    """The fingerprint of an item with all that is in it; nothing for one that has expired at `now`, in seconds."""
    if int(item.get("expiresAt", {}).get("N", now + 1)) <= now:
        return Fingerprint()
    return Fingerprint(others=fingerprint.digest(item))

"""The audit trail: for each user the changes in the order in which they arrived, each entry linked to the one before.

An entry has a digest of its content, and its content includes the digest of the entry before it. A change of an entry
therefore shows in all later entries. The transaction that appends an entry also writes a mark with the id of the event,
so an event has one entry however often it arrives.
"""

from __future__ import annotations

import json
from hashlib import sha256

from dynamodb.errors import TransactionCanceled
from dynamodb.values import from_item, to_item
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]
    Entry = dict[str, str | int]

# The first entry of a user is linked to this.
FIRST = "0" * 64
# Other invocations append entries of the same user at the same time, and one of them is the first.
TRIES = 5
ABSENT = "attribute_not_exists(userId)"
ENTRY, EVENT = "entry#", "event#"
TAKEN = "ConditionalCheckFailed"


class NotAppended(Exception):
    """Other entries came first each time; the message comes again."""


class AuditTrail:
    """The trails of all users, in one table. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str, clock: Callable[[], float]) -> None:
        self._call = call
        self._table = table
        self._clock = clock

    def append(self, type_: str, detail: Mapping[str, Any]) -> None:
        """Append the entry of an event; nothing if the trail has it."""
        user_id = str(detail["userId"])
        for _ in range(TRIES):
            entry = self._entry(self._last(user_id), type_, detail)
            mark: Entry = {"userId": user_id, "place": f"{EVENT}{detail['id']}", "entry": entry["place"]}
            refused = self._put(entry, mark)
            if not refused or refused[1] == TAKEN:  # the trail has this event now, or had it
                return
        raise NotAppended

    def _entry(self, last: Entry | None, type_: str, detail: Mapping[str, Any]) -> Entry:
        number = int(str(last["place"]).removeprefix(ENTRY)) + 1 if last else 1
        actor = detail["actor"]
        entry: Entry = {
            "userId": str(detail["userId"]),
            "place": f"{ENTRY}{number:010d}",
            "eventId": str(detail["id"]),
            "type": type_,
            "userVersion": int(detail["userVersion"]),
            "time": str(detail["time"]),
            "recordedAt": rfc3339(self._clock()),
            "actor": ":".join([actor["type"], *([actor["id"]] if "id" in actor else [])]),
            "changed": " ".join(detail["changed"]),
            "previous": str(last["digest"]) if last else FIRST,
        }
        return {**entry, "digest": digest(entry)}

    def _last(self, user_id: str) -> Entry | None:
        found = self._call("Query", {
            "TableName": self._table,
            "KeyConditionExpression": "userId = :user AND begins_with(place, :entry)",
            "ExpressionAttributeValues": to_item({":user": user_id, ":entry": ENTRY}),
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": 1,
        })["Items"]  # fmt: skip
        return from_item(found[0]) if found else None

    def _put(self, *items: Entry) -> list[str]:
        """Put all items, where there are none, or nothing; for each the reason that speaks against it, if any does."""
        puts = [
            {"Put": {"TableName": self._table, "Item": to_item(item), "ConditionExpression": ABSENT}} for item in items
        ]
        try:
            self._call("TransactWriteItems", {"TransactItems": puts})
        except TransactionCanceled as error:
            return [reason["Code"] for reason in error.reasons]
        return []


def digest(entry: Mapping[str, str | int]) -> str:
    """The digest of an entry's content, the link to the entry before included."""
    content = {name: value for name, value in entry.items() if name != "digest"}
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

"""The audit trail: for each user the changes in the order in which they arrived, each entry linked to the one before.

An entry has a digest of its content, and its content includes the digest of the entry before it. A change of an entry
therefore shows in all later entries. One transaction appends an entry, writes a mark with the id of the event, and puts
the signed head forward. An event has one entry however often it arrives, and the last entry is always signed.
"""

from __future__ import annotations

from audit.form import EVENT, FIRST, HEAD, digest, place_of
from audit.heads import is_signed, signed_head
from audit.signatures import PublicKey
from dynamodb.errors import TransactionCanceled
from dynamodb.values import from_item, to_item
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from audit.form import Entry
    from audit.heads import SigningKey

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

# Other invocations append entries of the same user at the same time, and one of them is the first.
TRIES = 5
ABSENT = "attribute_not_exists(userId)"
TAKEN = "ConditionalCheckFailed"
# Only the entries of administration have these: the command, and its result.
OF_ACTS = ("act", "result")
OPERATOR = "operator"
MARK_AT = 1  # its place in the transaction


class NotAppended(Exception):
    """Other entries came first each time; the message comes again."""


class ForgedHead(Exception):
    """The head of the trail has no valid signature. An entry after it would sign what nobody has checked."""


class AuditTrail:
    """The trails of all users, in one table. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str, key: SigningKey, clock: Callable[[], float]) -> None:
        self._call = call
        self._table = table
        self._key = key
        self._clock = clock

    def append(self, type_: str, detail: Mapping[str, Any]) -> None:
        """Append the entry of an event; nothing if the trail has it. Raises NotAppended, ForgedHead."""
        user_id = str(detail["userId"])
        for _ in range(TRIES):
            head = self._head(user_id)
            entry = self._entry(head, type_, detail)
            mark: Entry = {"userId": user_id, "place": f"{EVENT}{detail['id']}", "entry": entry["place"]}
            refused = self._put(entry, mark, head)
            if not refused or refused[MARK_AT] == TAKEN:  # the trail has this event now, or had it
                return
        raise NotAppended

    def _entry(self, head: Entry | None, type_: str, detail: Mapping[str, Any]) -> Entry:
        entry: Entry = {
            "userId": str(detail["userId"]),
            "place": place_of(int(head["entries"]) + 1 if head else 1),
            "eventId": str(detail["id"]),
            "type": type_,
            "userVersion": int(detail["userVersion"]),
            "time": str(detail["time"]),
            "recordedAt": rfc3339(self._clock()),
            "actor": _actor(detail["actor"]),
            "changed": " ".join(detail["changed"]),
            **{name: str(detail[name]) for name in OF_ACTS if name in detail},
            "previous": str(head["digest"]) if head else FIRST,
        }
        return {**entry, "digest": digest(entry)}

    def _head(self, user_id: str) -> Entry | None:
        """The head of a user's trail. Raises ForgedHead."""
        request = {"TableName": self._table, "Key": to_item({"userId": user_id, "place": HEAD}), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        if not item:
            return None
        head = from_item(item)
        if not is_signed(head, PublicKey(self._key.public())):
            raise ForgedHead
        return head

    def _put(self, entry: Entry, mark: Entry, head: Entry | None) -> list[str]:
        """Put all, or nothing; for each item the reason that speaks against it, if any does."""
        number = int(head["entries"]) + 1 if head else 1
        new = signed_head(str(entry["userId"]), number, str(entry["digest"]), self._key)
        try:
            self._call("TransactWriteItems", {"TransactItems": [
                self._new(entry),
                self._new(mark),
                self._follows(new, head) if head else self._new(new),
            ]})  # fmt: skip
        except TransactionCanceled as error:
            return [reason["Code"] for reason in error.reasons]
        return []

    def _new(self, item: Entry) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": to_item(item), "ConditionExpression": ABSENT}}

    def _follows(self, new: Entry, head: Entry) -> dict[str, Any]:
        """Put the new head, if the head is still the one that was read."""
        return {"Put": {
            "TableName": self._table,
            "Item": to_item(new),
            "ConditionExpression": "signature = :signature",
            "ExpressionAttributeValues": to_item({":signature": head["signature"]}),
        }}  # fmt: skip


def _actor(actor: Mapping[str, str]) -> str:
    """The actor as `type:id`. An id that may be an email, which some issuers of tokens use, is left out.

    An operator is named as AWS names it, because who administers the stack is accountable.
    """
    name = actor.get("id", "")
    personal = "@" in name and actor["type"] != OPERATOR
    return f"{actor['type']}:{name}" if name and not personal else actor["type"]

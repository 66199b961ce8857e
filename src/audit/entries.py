"""The entries of one user, to be read: a page at a time, the newest first.

New entries come before those that a client has seen, so they move nothing on the pages that follow.

A cursor is base64url of the number of the last entry seen (4 bytes) and a checksum of user and number (8 bytes). It is
not signed, because it names nothing that its holder cannot ask for: the path names the user.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from hashlib import sha256

from audit.form import ENTRY, number_of, place_of
from dynamodb.values import from_item, to_item
from utils.errors import InvalidCursor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from audit.form import Entry

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

FIRST_NUMBER = 1
LAST_PLACE = f"{ENTRY}9999999999"


class AuditReader:
    """The trails of all users, to be read. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str) -> None:
        self._call = call
        self._table = table

    def page(self, user_id: str, limit: int, before: int | None = None) -> tuple[list[Entry], int | None]:
        """Up to `limit` entries with smaller numbers than `before`, and the number to go on from while there are more.

        One extra entry is read, so that "more" is a fact and not a guess.
        """
        last = place_of(before - 1) if before else LAST_PLACE
        found = self._call("Query", {
            "TableName": self._table,
            "KeyConditionExpression": "userId = :user AND place BETWEEN :first AND :last",
            "ExpressionAttributeValues": to_item({":user": user_id, ":first": place_of(FIRST_NUMBER), ":last": last}),
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit + 1,
        })["Items"]  # fmt: skip
        entries = [from_item(item) for item in found]
        if len(entries) <= limit:
            return entries, None
        return entries[:limit], number_of(entries[limit - 1])


def shown(entry: Entry) -> dict[str, Any]:
    """An entry as clients see it."""
    kind, _, name = str(entry["actor"]).partition(":")
    return {
        "number": number_of(entry),
        "eventId": entry["eventId"],
        "type": entry["type"],
        "userVersion": entry["userVersion"],
        "time": entry["time"],
        "recordedAt": entry["recordedAt"],
        "actor": {"type": kind, "id": name} if name else {"type": kind},
        "changed": str(entry["changed"]).split(),
        "previous": entry["previous"],
        "digest": entry["digest"],
    }


def cursor(user_id: str, number: int) -> str:
    """The cursor that continues after this entry of this user."""
    raw = number.to_bytes(4, "big")
    checksum = sha256(user_id.encode() + raw).digest()[:8]
    return b2a_base64(raw + checksum, newline=False).decode().replace("+", "-").replace("/", "_")


def number_in(text: str, user_id: str) -> int:
    """The number in a cursor of this user, raw or as a JSON string. Raises InvalidCursor."""
    text = text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text
    try:
        raw = a2b_base64(text.replace("-", "+").replace("_", "/"), strict_mode=True)
    except ValueError:
        raise InvalidCursor from None
    number = int.from_bytes(raw[:4], "big")
    if cursor(user_id, number) != text or number <= FIRST_NUMBER:
        raise InvalidCursor
    return number

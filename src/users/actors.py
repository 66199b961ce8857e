"""The callers behind writes, as stored for the publisher of events.

A stream record has images of an item and no caller. An item therefore names the caller of its last write (WRITTEN_BY),
and the transaction that deletes a user puts a tombstone into the table of claims.
"""

from __future__ import annotations

from contextlib import suppress

from dynamodb.values import from_item, to_item
from users.user import NOT_OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from users.items import Action
    from users.user import Item

    Actor = dict[str, str]
    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

# The internal attribute with the token of a write, a space, and its caller.
WRITTEN_BY = "writtenBy"
# A stream keeps a deletion for a day, and a dead-letter queue keeps it for 14 days more.
KEPT_SECONDS = 16 * 24 * 60 * 60
UNKNOWN: Actor = {"type": "unknown"}
KINDS = {"key": "key", "sub": "person", "client": "machine"}


def actor_of(caller: str) -> Actor:
    """A caller as an event names it: `key:ID`, `sub:ID`, `client:ID` or `anonymous`."""
    kind, _, name = caller.partition(":")
    return {"type": KINDS[kind], "id": name} if kind in KINDS and name else {"type": "anonymous"}


def written_by(token: str, caller: str) -> str:
    """The value of WRITTEN_BY for one write."""
    return f"{token} {caller}"


def writer(old: Item | None, new: Item) -> Actor:
    """The caller of the write that made `new` of `old`. The item names it for one token, which must be the write's."""
    with suppress(*NOT_OURS, AttributeError):
        token, _, caller = new[WRITTEN_BY]["S"].partition(" ")
        if new["lastWrite"]["S"] == token and (old or {}).get("lastWrite") != new["lastWrite"]:
            return actor_of(caller)
    return UNKNOWN


def put_tombstone(table: str, user_id: str, version: int, caller: str, now: int) -> Action:
    """Keep the caller that deletes a user at this version."""
    item: dict[str, str | int] = {"version": version, "actor": caller, "expiresAt": now + KEPT_SECONDS}
    return {"Put": {"TableName": table, "Item": {**tombstone_key(user_id), **to_item(item)}}}


def remover(call: Call, table: str, user_id: str, version: int) -> Actor:
    """The caller that deleted the user at this version."""
    found = call("GetItem", {"TableName": table, "Key": tombstone_key(user_id), "ConsistentRead": True}).get("Item")
    tombstone = from_item(found) if found else {}
    return actor_of(str(tombstone["actor"])) if tombstone.get("version") == version else UNKNOWN


def tombstone_key(user_id: str) -> Item:
    """The key of the tombstone of a user."""
    return to_item({"key": f"deleted#{user_id}"})

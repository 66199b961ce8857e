"""How a person stands: what a record or its tombstone says for the user pool, and the writes of decisions."""

from __future__ import annotations

from contextlib import suppress

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import to_item
from users.actors import tombstone_key
from users.expressions import Expression
from users.ownership import STATUS, SUBJECT
from users.people import DISABLED, ROLES, subject_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.items import Action
    from users.reading import Call
    from users.user import Item

LAST_SIGNED_IN_AT = "lastSignedInAt"  # an attribute of the item of a person


class Standing:
    """The person of a record. `roles` is None until an administrator has set them."""

    __slots__ = ("deleted", "disabled", "email", "roles", "subject")

    def __init__(self, item: Item, deleted: bool = False) -> None:
        self.subject: str = item[SUBJECT]["S"]
        self.deleted = deleted
        self.disabled = item.get(STATUS) == {"S": DISABLED}
        self.email: str = item.get("email", {}).get("S", "")
        self.roles: list[str] | None = item[ROLES]["S"].split() if ROLES in item else None

    @property
    def caller(self) -> str:
        """How writes and connections name the person."""
        return f"sub:{self.subject}"


def standing(call: Call, users_table: str, keys_table: str, user_id: str) -> Standing | None:
    """The standing of the person of a record, which may be gone; None for a record without a person."""

    def read(table: str, key: Item) -> Item | None:
        found: Item | None = call("GetItem", {"TableName": table, "Key": key, "ConsistentRead": True}).get("Item")
        return found

    record = read(users_table, to_item({"userId": user_id}))
    item = record or read(keys_table, tombstone_key(user_id)) or {}
    return Standing(item, deleted=not record) if SUBJECT in item else None


def decide(table: str, subject: str, user_id: str, set_: dict[str, str | int], removed: list[str]) -> Action:
    """Write into the item of a person what an administrator decides."""
    guard = Expression().require("userId", "=", user_id)
    texts = [guard.assignment(set_)] if set_ else []
    texts += [f"REMOVE {', '.join(map(guard.name, removed))}"] if removed else []
    update = guard.condition(TableName=table, Key=subject_key(subject), UpdateExpression=" ".join(texts))
    return {"Update": update}


def keep_sign_in(call: Call, table: str, subject: str, now: str) -> None:
    """Write when a person signed in."""
    known = Expression().require_exists("userId")
    text = known.assignment({LAST_SIGNED_IN_AT: now})
    request = known.condition(TableName=table, Key=subject_key(subject), UpdateExpression=text)
    with suppress(ConditionalCheckFailed):  # deleted meanwhile
        call("UpdateItem", request)

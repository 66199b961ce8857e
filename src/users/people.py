"""The people behind records: whose a record is, and whether that person may still act.

A record of a person has the internal attribute `subject`, the id of the person in the user pool. The item
`subject#<id>` in the table of claims names the record, so a person has one record and a record one person. Both are
written in one transaction. Both have the decisions of administrators: status, roles, and the time of a sign-out. A
person's own request reads the record, and a request of an administrator the item. With the record deleted, the item
becomes a tombstone, so that a token or a sign-in that comes late brings nobody back.
"""

from __future__ import annotations

from dynamodb.values import to_item
from users.ownership import SIGNED_OUT_AT, STATUS
from users.reading import not_found
from utils.caller import ADMINS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.items import Action
    from users.reading import Call
    from utils.caller import Caller

DISABLED, DELETED = "disabled", "deleted"
ROLES = "roles"  # A text with spaces. Without it, the groups of the user pool alone decide.
# Tokens that were issued before expire earlier, and so do messages that still have to tell the user pool.
TOMBSTONE_SECONDS = 16 * 24 * 60 * 60


class People:
    """The items of people in the table of claims. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, keys_table: str) -> None:
        self._call = call
        self._keys = keys_table

    def require_active(self, caller: Caller) -> str:
        """The id of an administrator's record. Raises UserDisabled, SignedOut, or AccessDenied if there is none.

        The token may be older than a decision to take the role away: AccessDenied too.
        """
        item = self._standing(caller)
        if "userId" not in item or (ROLES in item and ADMINS not in item[ROLES]["S"].split()):
            from users.errors import AccessDenied

            raise AccessDenied
        return str(item["userId"]["S"])

    def own_record(self, caller: Caller) -> str:
        """The id of the caller's record. Raises UserDisabled, SignedOut, or UserNotFound if there is none."""
        item = self._standing(caller)
        if "userId" not in item:
            raise not_found()
        return str(item["userId"]["S"])

    def check_not_disabled(self, caller: Caller) -> None:
        """Raises UserDisabled, SignedOut."""
        self._standing(caller)

    def _standing(self, caller: Caller) -> dict[str, Any]:
        """The item of a person who may act. A tombstone names no record."""
        item = self.item(caller.subject)
        if item.get(STATUS) == {"S": DISABLED}:
            from users.errors import UserDisabled

            raise UserDisabled
        if SIGNED_OUT_AT in item and int(item[SIGNED_OUT_AT]["N"]) >= caller.signed_in_at:
            from users.errors import SignedOut

            raise SignedOut
        return item

    def item(self, subject: str) -> dict[str, Any]:
        """The low-level item of a person; an empty one if the person has none."""
        request = {"TableName": self._keys, "Key": subject_key(subject), "ConsistentRead": True}
        found: dict[str, Any] = self._call("GetItem", request).get("Item") or {}
        return found


def subject_key(subject: str) -> dict[str, Any]:
    """The key of a person's item."""
    return to_item({"key": f"subject#{subject}"})


def claim(table: str, subject: str, user_id: str, email: str, roles: str | None = None) -> Action:
    """Make a record a person's who has none. The email is the one that the person signed in with."""
    from users.expressions import Expression  # only a registration needs it

    decided = {} if roles is None else {ROLES: roles}
    item = to_item({"key": f"subject#{subject}", "userId": user_id, "email": email, **decided})
    return {"Put": Expression().require_absent("key").condition(TableName=table, Item=item)}


def still_administrator(table: str, subject: str) -> Action:
    """Require that a person, who was let in as an administrator, is one at the moment of the write too."""
    from users.expressions import Expression  # only who shuts a person out needs it

    active = Expression().require_exists("userId").require_absent(STATUS).require_absent(ROLES, (ROLES, "=", ADMINS))
    return {"ConditionCheck": active.condition(TableName=table, Key=subject_key(subject))}


def bury(table: str, subject: str, now: int) -> Action:
    """Make the item of a person a tombstone."""
    item: dict[str, str | int] = {"key": f"subject#{subject}", STATUS: DELETED, "expiresAt": now + TOMBSTONE_SECONDS}
    return {"Put": {"TableName": table, "Item": to_item(item)}}

"""What a user is: its fields and their rules, and how a user comes to be."""

from __future__ import annotations

from users.user import User
from utils import email_address
from utils.validation import Field, integer, text, trimmed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from utils.validation import Reason


def _any(_value: object) -> Reason | None:
    return None


FIELDS = {
    "userId": Field(_any, read_only=True),
    "name": Field(text(1, 100), clean=trimmed, required=True),
    "email": Field(email_address.check, clean=email_address.lowered, required=True),
    "age": Field(integer(1, 150)),
    "createdAt": Field(_any, read_only=True),
    "updatedAt": Field(_any, read_only=True),
}


class Changes:
    """What a request changes of a user: members to set, members to remove, and what it says the rest is."""

    __slots__ = ("expected", "removed", "set")

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.set = {name: value for name, value in members.items() if value is not None and not FIELDS[name].read_only}
        self.removed = [name for name, value in members.items() if value is None]
        self.expected = {name: value for name, value in members.items() if FIELDS[name].read_only}


def new_user(members: Mapping[str, Any], user_id: str, now: str) -> User:
    """A user that did not exist before, at version 1."""
    return User({**members, "userId": user_id, "createdAt": now, "updatedAt": now}, version=1)


def changed_user(user: User, changes: Changes, now: str) -> User:
    """The user after the changes, one version later."""
    kept = {name: value for name, value in user.items() if name not in changes.removed}
    return User({**kept, **changes.set, "updatedAt": now}, user.version + 1)

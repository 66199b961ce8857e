"""The fields of a user with their rules, and the changes that a request makes."""

from __future__ import annotations

from users import email_address
from utils.validation import Field, integer, text, trimmed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from users.errors import InvalidUser
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


def invalid(problems: list[dict[str, Any]]) -> InvalidUser:
    """The error that names these problems of a body."""
    from users.errors import InvalidUser  # most bodies are right

    return InvalidUser(problems)


class Changes:
    """The changes of a request to a user: fields to set, fields to remove, and the values it expects of others."""

    __slots__ = ("expected", "removed", "set")

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.set = {name: value for name, value in members.items() if value is not None and not FIELDS[name].read_only}
        self.removed = [name for name, value in members.items() if value is None]
        self.expected = {name: value for name, value in members.items() if FIELDS[name].read_only}

"""A user as it is stored and shown, and how one comes to be. The rules of its fields, which reading does without, are
in users.model.
"""

from __future__ import annotations

from dynamodb.values import to_item
from utils.preconditions import etag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from users.model import Changes

    Item = Mapping[str, Any]

# The fields that clients see, in their order.
FIELD_NAMES = ("userId", "name", "email", "age", "createdAt", "updatedAt")
TEXTS = ("userId", "name", "email", "createdAt", "updatedAt")  # those that every user has
OPTIONAL = {"age": "N"}  # the others, each with its type in DynamoDB: S a string, N an integer

_HEX_DIGITS = b"0123456789abcdef"

# Versions are integers from 1 on; 15 digits are more writes than any user will get.
MOST_VERSION = 10**15 - 1

# The errors of reading an item that does not have our form.
NOT_OURS = (KeyError, TypeError, ValueError)


class User(dict[str, "Any"]):
    """A user as clients see it, and `version`, which rises with every write."""

    __slots__ = ("version",)

    def __init__(self, members: Mapping[str, Any], version: int) -> None:
        super().__init__((name, members[name]) for name in FIELD_NAMES if members.get(name) is not None)
        self.version = version

    @property
    def etag(self) -> str:
        """The strong entity tag of this state."""
        return etag(self.version)


def new_user(members: Mapping[str, Any], user_id: str, now: str) -> User:
    """A user that did not exist before, at version 1."""
    return User({**members, "userId": user_id, "createdAt": now, "updatedAt": now}, version=1)


def changed_user(user: User, changes: Changes, now: str) -> User:
    """The user after the changes, one version later."""
    kept = {name: value for name, value in user.items() if name not in changes.removed}
    return User({**kept, **changes.set, "updatedAt": now}, user.version + 1)


def is_user_id(text: str) -> bool:
    """Whether a user can have this id: a UUID in its canonical lower-case form."""
    return (
        len(text) == 36
        and text[8] == text[13] == text[18] == text[23] == "-"
        and text.isascii()
        and text.encode().translate(None, _HEX_DIGITS) == b"----"
    )


def user_id_of(digits: str) -> str:
    """The id that 32 hexadecimal digits spell."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def user_key(user_id: str) -> dict[str, Any]:
    """The key of a user's item."""
    return to_item({"userId": user_id})


def whole_user(item: Item) -> User:
    """The user in an item that is as we write it, whatever else is in it. Raises one of NOT_OURS for any other."""
    members: dict[str, Any] = {name: item[name]["S"] for name in TEXTS}
    for name, kind in OPTIONAL.items():
        if name in item:
            value = item[name][kind]
            members[name] = int(value) if kind == "N" else value
    version = int(item["version"]["N"])
    if not 1 <= version <= MOST_VERSION:
        raise ValueError
    return User(members, version)

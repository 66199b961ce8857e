"""Items of the table of users that another tool wrote: what in them is ours, and how a write makes them whole.

Other attributes are ignored. A field of another type than ours counts as absent, and a version that is not an integer
as 1. An item without a name, an email or a time is not a user: a list leaves it out and a read does not find it. A
write may add what it lacks. This module is loaded on the first such item.
"""

from __future__ import annotations

import logging
import time

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_value
from users.errors import UserNotFound
from users.expressions import Expression
from users.user import (
    FIELD_NAMES,
    MOST_VERSION,
    NOT_OURS,
    OPTIONAL,
    TEXTS,
    User,
    is_user_id,
    user_key,
    whole_user,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from users.user import Item

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

log = logging.getLogger("users_api")

TIMES = ("createdAt", "updatedAt")
MOST_AT_ONCE = 1000  # items of one read that skips items which are not users.
MOST_READS = 20  # for one page, once there is a user id from which the next can go on
MOST_LOGGED = 20  # ids in one line
NAMESPACE = "UsersApi"


def user_in(item: Item) -> User:
    """The fields of a user in an item."""
    members = {name: value for name in FIELD_NAMES if (value := _member(name, item.get(name))) is not None}
    return User(members, _version(item.get("version")))


def _member(name: str, typed: Any) -> str | int | None:
    """The value of one field, if it is of our type."""
    try:
        value = from_value(typed)
    except NOT_OURS:
        return None
    return value if isinstance(value, str) == (OPTIONAL.get(name, "S") == "S") else None


def _version(typed: Any) -> int:
    try:
        version = int(typed["N"].partition(".")[0])
    except NOT_OURS:
        return 1
    return version if 1 <= version <= MOST_VERSION else 1


def is_user(user: User) -> bool:
    """Whether what an item holds is a user: it has all that every user has, and an id that clients can ask for."""
    return all(name in user for name in TEXTS) and is_user_id(user["userId"])


# -- reading ------------------------------------------------------------------------------------------------------


def found(table: str, item: Item) -> User:
    """The user in an item that was asked for. Raises UserNotFound."""
    user = user_in(item)
    if is_user(user):
        return user
    left_out(table, [user["userId"]])
    raise UserNotFound


def full_page(call: Call, request: dict[str, Any], page: dict[str, Any]) -> tuple[list[User], str | None]:
    """The page of a list whose first read, `page` for `request`, met items that are not ours.

    It reads on until the page is full: its users, and the id to continue after while there are more. Only a user's id
    can be continued after. Where very many items in a row are no users, the page ends before it is full.
    """
    limit = request["Limit"] - 1
    seen = Seen()
    seen.take(page)
    reads = 1
    while seen.more and len(seen.users) <= limit and not (seen.place and reads >= MOST_READS):
        at_once = min(request["Limit"] * 2, MOST_AT_ONCE)
        request = {**request, "Limit": at_once, "ExclusiveStartKey": seen.more}
        seen.take(call("Scan", request))
        reads += 1
    if seen.strangers:
        left_out(request["TableName"], seen.strangers)
    if len(seen.users) > limit:
        return seen.users[:limit], seen.users[limit - 1]["userId"]
    return seen.users, seen.place if seen.more else None


class Seen:
    """The result of the reads for one page: users, ids of other items, the last id to continue after."""

    def __init__(self) -> None:
        self.users: list[User] = []
        self.strangers: list[str] = []
        self.place: str | None = None
        self.more: dict[str, Any] | None = None

    def take(self, page: dict[str, Any]) -> None:
        """Take in one read."""
        for item in page["Items"]:
            user = user_in(item)
            if is_user_id(user["userId"]):
                self.place = user["userId"]
            if is_user(user):
                self.users.append(user)
            else:
                self.strangers.append(user["userId"])
        self.more = page.get("LastEvaluatedKey")


def left_out(table: str, ids: list[str]) -> None:
    """Log items that are no users, by id, in a line that CloudWatch counts too (embedded metric format).

    Nothing is sent, and nothing costs, while there are none.
    """
    metric = {"Name": "ItemsLeftOut", "Unit": "Count"}
    directive = {"Namespace": NAMESPACE, "Dimensions": [["UsersTable"]], "Metrics": [metric]}
    members = {
        "userIds": [name_of(it) for it in ids[:MOST_LOGGED]],
        "UsersTable": table,
        "ItemsLeftOut": len(ids),
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
    }
    log.warning("items_left_out", extra=members)


def name_of(key: str) -> str:
    """A key as it may be logged: a user id as it is, anything else, which may be personal, as a digest."""
    if is_user_id(key):
        return key
    from hashlib import sha256

    return f"sha256:{sha256(key.encode()).hexdigest()[:16]}"


# -- writing ------------------------------------------------------------------------------------------------------


def latest_time(now: str, user: User) -> str:
    """The latest of `now` and the user's times; a time that is not written as ours tells nothing."""
    times: list[str] = [user[name] for name in TIMES if name in user and _is_time(user[name])]
    return max([now, *times])


def _is_time(text: str) -> bool:
    """Whether a text is written as utils.timestamps writes times."""
    return len(text) == 24 and text.translate(dict.fromkeys(b"123456789", "0")) == "0000-00-00T00:00:00.000Z"


def mended(call: Call, table: str, item: Item, now: str) -> User:
    """The user in an item, which has from now on a version and times of our form, so that it can be written like any.

    Nothing else changes: the version is the one that it was read with. A change by another writer since then
    stays; the write that follows has the version as its condition and detects that.
    """
    try:
        return whole_user(item)
    except NOT_OURS:
        user = user_in(item)
    times = [user[name] for name in reversed(TIMES) if name in user]
    made: dict[str, str | int] = {name: (times or [now])[0] for name in TIMES if name not in user}
    if item.get("version") != {"N": str(user.version)}:
        made["version"] = user.version
    if made:
        _write(call, table, item, made)
    return User({**user, **made}, user.version)


def _write(call: Call, table: str, item: Item, made: dict[str, str | int]) -> None:
    """Set attributes that are still absent, of another type, or the number that was read."""
    expression = Expression().require_exists("userId")
    for name, value in made.items():
        if name == "version" and "N" in item.get(name, ()):
            expression.require_number(name, item[name]["N"])
        else:
            expression.require_other_type(name, value)
    text = expression.assignment(made)
    request = {"TableName": table, "Key": user_key(item["userId"]["S"]), "UpdateExpression": text}
    try:
        call("UpdateItem", expression.condition(**request))
    except ConditionalCheckFailed:
        return

"""Events about users, built from the records of the table's stream. No other module decides what an event is.

Clients see a user that they did not see before (UserCreated), see it changed (UserUpdated) or see it no more
(UserDeleted). An event has ids and names of fields. The one value in it is an email that the table has no more: the
last one of a deleted user, the previous one of a changed user. Consumers look up everything else.
"""

from __future__ import annotations

import uuid

from users.actors import writer
from users.foreign import is_user, latest_time, name_of, user_in
from users.user import FIELD_NAMES, NOT_OURS
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from users.actors import Actor
    from users.user import Item, User

    Detail = dict[str, Any]
    Removal = Callable[[str, int], Actor]

SOURCE = "users-api"
CREATED, UPDATED, DELETED = "UserCreated", "UserUpdated", "UserDeleted"
# This code knows no newer version of a schema.
SCHEMA_VERSIONS = {CREATED: 1, UPDATED: 1, DELETED: 1}
# The end of an erasure, which no record of the stream tells. It is for the audit trail alone.
ERASED = "UserErased"
ERASED_VERSION = 1
# The ids of events are UUIDs of version 5 in this namespace.
NAMESPACE = "7d0b6f6e-2f0c-4d59-9d0f-0d7f3b1f5a51"
# The list `changed` leaves these fields out, because they tell nothing more.
UNSEEN_CHANGES = ("userId", "updatedAt")
# Internal attributes that administrators write (users.people). The list names them too.
DECIDED = ("status", "roles", "signedOutAt")


class NotOfAUser(Exception):
    """A record about an item that was no user and is none; `name` is its key as it may be logged."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UnreadableRecord(Exception):
    """A record that is not one of a table with old and new images; its text is the reason."""


class UserEvent:
    """One event: its type, and the detail that consumers receive."""

    __slots__ = ("detail", "type")

    def __init__(self, type_: str, detail: Detail) -> None:
        self.type = type_
        self.detail = detail

    @property
    def user_id(self) -> str:
        """The user that the event is about."""
        return str(self.detail["userId"])


def event_in(record: Any, removed_by: Removal) -> UserEvent | None:
    """The event of a stream record; None for a write that clients cannot see.

    `removed_by(user_id, version)` finds who deleted a user, which no image says. Raises NotOfAUser, UnreadableRecord.
    """
    old, new = _images(record)
    before, after = _visible(old), _visible(new)
    if after is None:
        if before is None:
            raise NotOfAUser(name_of(_key(record)))
        actor = _service(record) or removed_by(before["userId"], before.version)
        return _deleted(record, before, actor)
    if before is None:
        return _event(CREATED, record, after, _changed({}, after), _writer(record, old, new))
    if before == after and before.version == after.version:
        return None
    changed = _changed(before, after) + [name for name in DECIDED if (old or {}).get(name) != (new or {}).get(name)]
    event = _event(UPDATED, record, after, changed, _writer(record, old, new), before)
    if before["email"] != after["email"]:
        event.detail["previousEmail"] = before["email"]
    return event


def _deleted(record: Any, user: User, actor: Actor) -> UserEvent:
    """The event of a user that is gone. A deletion counts as one version more, so that versions tell the order."""
    version = user.version + 1
    detail = {**_common(DELETED, record, user["userId"], version, regular=True), "time": _time(record)}
    return UserEvent(DELETED, {**detail, "changed": [], "actor": actor, "email": user["email"]})


def _event(
    type_: str, record: Any, user: User, changed: list[str], actor: Actor, before: User | None = None
) -> UserEvent:
    regular = before is None or before.version < user.version
    detail = _common(type_, record, user["userId"], user.version, regular)
    time = latest_time("", user) or _time(record)
    return UserEvent(type_, {**detail, "time": time, "changed": changed, "actor": actor})


def _common(type_: str, record: Any, user_id: str, version: int, regular: bool) -> Detail:
    """Ids and versions. Another tool may write without a new version: then the record's number is part of the id."""
    named = f"{user_id} {version} {type_}" if regular else f"{user_id} {version} {type_} {_sequence(record)}"
    return {
        "id": str(uuid.uuid5(uuid.UUID(NAMESPACE), named)),
        "schemaVersion": SCHEMA_VERSIONS[type_],
        "userId": user_id,
        "userVersion": version,
    }


def _images(record: Any) -> tuple[Item | None, Item | None]:
    """The old and the new image. Raises UnreadableRecord."""
    try:
        name, images = record["eventName"], record["dynamodb"]
        old, new = images.get("OldImage"), images.get("NewImage")
        complete = {"INSERT": new, "MODIFY": old and new, "REMOVE": old}[name]
        images["Keys"]["userId"]["S"], images["SequenceNumber"]
    except (*NOT_OURS, AttributeError):
        raise UnreadableRecord("it is not a stream record of the table of users") from None
    if not complete:
        raise UnreadableRecord(f"its images are missing: the stream must have the view NEW_AND_OLD_IMAGES ({name})")
    return old, new


def _visible(item: Item | None) -> User | None:
    """The user that clients see in an item, if they see one."""
    if not item or "userId" not in item:
        return None
    user = user_in(item)
    return user if is_user(user) else None


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of the fields that differ."""
    return [name for name in FIELD_NAMES if name not in UNSEEN_CHANGES and before.get(name) != after.get(name)]


def _writer(record: Any, old: Item | None, new: Item | None) -> Actor:
    """The caller of a write, or the service of AWS that made it."""
    return _service(record) or writer(old, new or {})


def _service(record: Any) -> Actor | None:
    """The service of AWS that made a write by itself, such as one that removes expired items."""
    identity = record.get("userIdentity")
    if isinstance(identity, dict) and identity.get("principalId"):
        return {"type": "service", "id": str(identity["principalId"])}
    return None


def _time(record: Any) -> str:
    return rfc3339(float(record["dynamodb"].get("ApproximateCreationDateTime") or 0))


def _key(record: Any) -> str:
    return str(record["dynamodb"]["Keys"]["userId"]["S"])


def _sequence(record: Any) -> str:
    return str(record["dynamodb"]["SequenceNumber"])

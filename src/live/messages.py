"""The messages of live updates. docs/reference/live-updates.asyncapi.yaml describes them for clients."""

from __future__ import annotations

import json

from users.user import is_user_id
from utils.websocket import InvalidMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Document = dict[str, Any]

# The subprotocol of the messages, and what stands before the ticket in the second one that a client offers.
PROTOCOL = "users-api.v1"
OF_TICKET = "ticket."
LIST = "users"
ONE = "users/"


def ticket_in(protocols: list[str]) -> str:
    """The ticket among the subprotocols that a client offers; empty if there is none."""
    offered = [each.removeprefix(OF_TICKET) for each in protocols if each.startswith(OF_TICKET)]
    return offered[0] if offered and PROTOCOL in protocols else ""


def topic_in(message: Document) -> str:
    """The topic that a message names: the list of users, or one user. Raises InvalidMessage."""
    topic = message.get("to")
    if topic == LIST or (isinstance(topic, str) and topic.startswith(ONE) and is_user_id(topic.removeprefix(ONE))):
        return str(topic)
    raise InvalidMessage("`to` must be users or users/{userId}.")


def place_in(message: Document) -> int | None:
    """The place of the last message that a client received, if it says one. Raises InvalidMessage."""
    place = message.get("after")
    if place is None or (type(place) is int and 0 <= place < 10**15):
        return place
    raise InvalidMessage("`after` must be the place of a message.", to=topic_in(message))


def user_of(topic: str) -> str | None:
    """The user that a topic is about; None for the list."""
    return topic.removeprefix(ONE) if topic.startswith(ONE) else None


def topics_of(user_id: str) -> list[str]:
    """The topics whose subscribers learn of a change of a user."""
    return [LIST, f"{ONE}{user_id}"]


def update(type_: str, detail: Mapping[str, Any]) -> Document:
    """The message about one change. It has ids and names of fields, and no value: clients read the user."""
    return {
        "type": "update",
        "event": type_,
        "id": detail["id"],
        "userId": detail["userId"],
        "userVersion": detail["userVersion"],
        "changed": detail["changed"],
        "time": detail["time"],
    }


def at(place: int, message: str) -> Document:
    """A message of the log, with its place."""
    return {**json.loads(message), "place": place}

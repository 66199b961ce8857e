"""PushLiveUpdatesQueue - pushes each change to its subscribers, and ends the connections of who is shut out.

That is a person who is disabled, signed out or deleted, or whose roles change.
Twice is harmless: a message has the id of its event, and a client ignores an id that it has seen. Another order is
harmless too: a message has the version of the user. A person whose connections end, and who still may, opens new ones.
"""

from __future__ import annotations

from consumers import wiring
from live.messages import at, topics_of, update
from users.events import DECIDED, DELETED, SCHEMA_VERSIONS
from utils.consumer import queue_consumer
from utils.response import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from live.connections import Connections
    from live.recent import Recent
    from users.standing import Standing
    from utils.consumer import Event

    Find = Callable[[str], Standing | None]

    class Sockets(Protocol):
        """Sends to open connections and ends them; see adapters.sockets."""

        def send(self, connections: Iterable[str], message: str) -> tuple[list[str], list[str]]:
            """Send to each; those that are gone, and those that did not take the message."""

        def end(self, connections: Iterable[str]) -> list[str]:
            """End each; those that may still be open."""


class NotPushed(Exception):
    """Some connections did not take the message, or did not end; it comes again, for all."""


def push_live_updates(event: Event, connections: Connections, recent: Recent, sockets: Sockets, find: Find) -> None:
    """End what has to end, write the message into the log, then push it to the subscribers."""
    still_open = _ended(event, connections, sockets, find)
    user_id = str(event.detail["userId"])
    message = to_json(update(event.type, event.detail))
    place = recent.append(event.id, user_id, message)
    subscribers = {each for topic in topics_of(user_id) for each in connections.subscribers(topic)}
    gone, failed = sockets.send(subscribers, to_json(at(place, message)))
    for connection_id in gone:
        connections.close(connection_id)
    if failed or still_open:
        raise NotPushed


def _ended(event: Event, connections: Connections, sockets: Sockets, find: Find) -> list[str]:
    """End the connections of a person about whom something is decided; those that may still be open."""
    if event.type != DELETED and not set(DECIDED).intersection(event.detail["changed"]):
        return []
    person = find(str(event.detail["userId"]))
    if not person:
        return []
    found = connections.shut_out(person.caller)
    still_open = sockets.end(found)
    for connection_id in set(found).difference(still_open):
        connections.close(connection_id, person.caller)
    return still_open


lambda_handler = queue_consumer(
    push_live_updates,
    SCHEMA_VERSIONS,
    failures=wiring.failures,
    connections=wiring.connections,
    recent=wiring.recent,
    sockets=wiring.sockets,
    find=wiring.find_signed_in,
)

"""$default - a message of a client: subscribe, unsubscribe or ping."""

from __future__ import annotations

from live import wiring
from live.messages import at, place_in, topic_in, user_of
from utils.websocket import InvalidMessage, socket_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from live.connections import Connections
    from live.messages import Document
    from live.recent import Recent
    from utils.websocket import SocketRequest


def handle_message(request: SocketRequest, connections: Connections, recent: Recent) -> Document:
    """The response to one message."""
    message = request.json()
    action = message.get("action")
    if action == "ping":
        return {"type": "pong"}
    if action == "subscribe":
        return subscribe(request.connection_id, message, connections, recent)
    if action == "unsubscribe":
        topic = topic_in(message)
        connections.unsubscribe(request.connection_id, topic)
        return {"type": "unsubscribed", "to": topic}
    raise InvalidMessage("`action` must be subscribe, unsubscribe or ping.")


def subscribe(connection_id: str, message: Document, connections: Connections, recent: Recent) -> Document:
    """Subscribe, then read from the log what the client missed. `gap` says that the log does not tell it."""
    topic, after = topic_in(message), place_in(message)
    place = recent.now()
    connections.subscribe(connection_id, topic)
    missed = [] if after is None else recent.since(after, user_of(topic))
    return {
        "type": "subscribed",
        "to": topic,
        "place": place,
        "gap": missed is None,
        "missed": [at(*each) for each in missed or ()],
    }


lambda_handler = socket_route(handle_message, connections=wiring.connections, recent=wiring.recent)

"""$disconnect - forgets a connection that is closed."""

from __future__ import annotations

from live import wiring
from utils.websocket import socket_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from live.connections import Connections
    from utils.websocket import SocketRequest


def close_connection(request: SocketRequest, connections: Connections) -> None:
    """Remove the connection with its subscriptions."""
    connections.close(request.connection_id)


lambda_handler = socket_route(close_connection, connections=wiring.connections)

"""$connect - opens a connection for live updates, with a ticket."""

from __future__ import annotations

from live import wiring
from live.messages import PROTOCOL, ticket_in
from utils.websocket import socket_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from live.connections import Connections
    from live.tickets import Tickets
    from utils.websocket import SocketRequest


def open_connection(request: SocketRequest, tickets: Tickets, connections: Connections) -> None:
    """Accept the connection of the caller that requested the ticket."""
    caller, only, issued = tickets.redeem(ticket_in(request.protocols))
    connections.open(request.connection_id, caller, only, issued)


lambda_handler = socket_route(
    open_connection, protocol=PROTOCOL, tickets=wiring.tickets, connections=wiring.connections
)

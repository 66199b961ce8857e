"""POST /live/tickets - a ticket, which opens one connection for live updates."""

from __future__ import annotations

from guard import OWNER_OR_READERS, permitted
from live import wiring
from live.messages import OF_TICKET, ONE, PROTOCOL
from utils.http import endpoint
from utils.response import NO_STORE, Response, to_json
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from live.tickets import Tickets
    from utils.http import Request


def create_live_ticket(request: Request, tickets: Tickets, url: str) -> Response:
    """201 with the ticket, the address to connect to, and the subprotocols to offer there."""
    own: str | None = request.path.get("userId")  # a person reaches no other record
    ticket, expires = tickets.issue(request.caller, f"{ONE}{own}" if own else "")
    document = {
        "url": url,
        "protocols": [PROTOCOL, f"{OF_TICKET}{ticket}"],
        "expiresAt": rfc3339(float(expires)),
    }
    return Response(201, to_json(document) + "\n", {"Content-Type": "application/json", "Cache-Control": NO_STORE})


lambda_handler = endpoint(permitted(create_live_ticket, OWNER_OR_READERS), tickets=wiring.tickets, url=wiring.url)

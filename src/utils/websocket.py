"""Messages of a WebSocket API as handlers see them, and `socket_route`, which makes a Lambda handler of an action.

API Gateway invokes a function when a connection opens ($connect), for each message of a client, and when the connection
is closed ($disconnect). The status of the first response decides whether the connection opens. The body of a response
to a message goes back over the connection.
"""

from __future__ import annotations

import json
import logging

from utils.deadline import Deadline
from utils.response import to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Document = dict[str, Any]
    SocketHandler = Callable[[Mapping[str, Any], Any], Document]

log = logging.getLogger("users_api")

# Kept back from the function's time, to write the response that says that time ran out.
RESERVE_SECONDS = 0.25
PROTOCOLS = "sec-websocket-protocol"


class SocketError(Exception):
    """A failure that the client learns: a status for a connection that does not open, an error message otherwise."""

    status = 400
    code = "invalid_message"
    detail = "The message is not valid."

    def __init__(self, detail: str = "", **told: str) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.told = told


class InvalidMessage(SocketError):
    """A message that is not a JSON object, or whose fields are wrong."""


class SocketRequest:
    """One event of a connection. `protocols` are the subprotocols that the client offers, when it opens."""

    __slots__ = ("_body", "connection_id", "deadline", "protocols")

    def __init__(self, event: Mapping[str, Any], deadline: Deadline) -> None:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        self._body: str = event.get("body") or ""
        self.connection_id: str = event["requestContext"]["connectionId"]
        self.protocols = [each.strip() for each in headers.get(PROTOCOLS, "").split(",")]
        self.deadline = deadline

    def json(self) -> Document:
        """The message, which must be a JSON object. Raises InvalidMessage."""
        try:
            document = json.loads(self._body)
        except (ValueError, RecursionError):
            raise InvalidMessage("The message is not JSON.") from None
        if not isinstance(document, dict):
            raise InvalidMessage("The message is not a JSON object.")
        return document


def socket_route(
    action: Callable[..., Document | None], protocol: str = "", **providers: Callable[[Deadline], Any]
) -> SocketHandler:
    """A Lambda handler for one route: runs `action(request, **provided)`, whose result is sent to the client.

    `protocol` is the subprotocol that the response accepts. The handler turns every failure into a response: a
    SocketError as itself, anything else as a logged internal error.
    """

    def lambda_handler(event: Mapping[str, Any], context: Any) -> Document:
        try:
            request = SocketRequest(event, _deadline(context))
            document = action(request, **{name: provide(request.deadline) for name, provide in providers.items()})
        except SocketError as error:
            return _response(error.status, _error(error.code, error.detail, **error.told))
        except Exception as error:  # noqa: BLE001 - the one place where a fault becomes a response
            from utils.faults import log_fault

            log_fault(error, context.aws_request_id)
            return _response(500, _error("internal_error", "Something went wrong on our side. Try again."))
        return _response(200, document, protocol)

    return lambda_handler


def _error(code: str, detail: str, **told: str) -> Document:
    return {"type": "error", "code": code, "detail": detail, **told}


def _response(status: int, document: Document | None, protocol: str = "") -> Document:
    """The response of a Lambda proxy integration of a WebSocket API."""
    response: Document = {"statusCode": status}
    if document is not None:
        response["body"] = to_json(document)
    if protocol:
        response["headers"] = {"Sec-WebSocket-Protocol": protocol}
    return response


def _deadline(context: Any) -> Deadline:
    return Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)

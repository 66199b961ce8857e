"""Access to the emulated AWS: it is open to programs and pages on this machine, and closed to all others.

ministack has addresses that reset, configure and inspect it, it lets each page read each response, and it believes
what headers say about the client. All three end here.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qs

from local.aws.gate import Message, Receive, Send, respond
from local.wire.allowed import Allowed, is_loopback, name_of

ADMINISTRATION = ("/_ministack", "/_localstack", "/health")
# Addresses that services give out, as AWS gives out presigned URLs: they name a function, a layer or a token.
GIVEN_OUT = tuple(f"/_ministack/{name}/" for name in ("lambda-code", "lambda-layers", "cfn-response", "cfn-signal"))
OUTBOX = "/_ministack/ses/messages"  # read-only; the page of `make run` shows it
NO_ADMINISTRATION = "The emulated AWS has no administration at this address. To start from scratch, see DATA."
POST_ONLY = (
    "Under a name of HOSTS, send operations in the body of a POST. A web page can make a browser open any address."
)
FORWARDED = (b"forwarded", b"x-forwarded-")  # ministack would take them for the client's address and scheme
ANY_ORIGIN = (b"access-control-allow-origin", b"*")
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]
Lines = Iterable[tuple[bytes, bytes]]


class Access:
    """An ASGI application in front of another."""

    def __init__(self, app: Asgi, allowed: Allowed) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it before anything of it is read."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif reason := self.refusal(scope):
            await refuse(scope, send, 403, reason)
        elif administers(scope["path"]):
            await refuse(scope, send, 404, NO_ADMINISTRATION)
        else:
            scope["headers"] = [line for line in scope["headers"] if not line[0].startswith(FORWARDED)]
            await self.app(scope, receive, readable_by(origin_of(scope), send))

    def refusal(self, scope: Message) -> str:
        """Why a request is refused; empty if it is not."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        operation = acts(scope)
        reason = self.allowed.refusal(headers, navigable=scope.get("method") == "GET" and not operation)
        return reason or (POST_ONLY if operation and may_hide_its_page(headers) else "")


def administers(path: str) -> bool:
    """Whether a path belongs to ministack itself and to no service."""
    return (
        path != OUTBOX
        and any(path == it or path.startswith(f"{it}/") for it in ADMINISTRATION)
        and not path.startswith(GIVEN_OUT)
    )


def acts(scope: Message) -> bool:
    """Whether the query names an operation: services of the query protocol change things by GET too."""
    return "action" in {name.lower() for name in parse_qs(scope["query_string"].decode("latin-1"), True)}


def may_hide_its_page(headers: list[tuple[str, str]]) -> bool:
    """Whether a page may have sent this although no header says so: browsers tell that to this machine only."""
    names = {name for name, _ in headers}
    return not names & {"origin", "sec-fetch-site"} and not all(
        is_loopback(name_of(value)) for name, value in headers if name == "host"
    )


def origin_of(scope: Message) -> bytes:
    """The origin of the page that sent a request; empty if no page did."""
    return next((value for name, value in scope["headers"] if name == b"origin"), b"")


def readable_by(origin: bytes, send: Send) -> Send:
    """`send`, with an allowed origin itself where ministack lets every origin read."""

    async def narrowed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = list(narrow(message["headers"], origin))
        await send(message)

    return narrowed


def narrow(headers: Lines, origin: bytes) -> Lines:
    """The headers of a response that only one origin may read, or none."""
    for name, value in headers:
        if (name.lower(), value.strip()) != ANY_ORIGIN:
            yield name, value
        elif origin:
            yield from ((name, origin), (b"Vary", b"Origin"))


async def refuse(scope: Message, send: Send, status: int, reason: str) -> None:
    """Answer with a sentence; a WebSocket gets it in place of the handshake."""
    prefix = "websocket." if scope["type"] == "websocket" else ""

    async def named(message: Message) -> None:
        await send({**message, "type": prefix + message["type"]})

    await respond(named, status, {"Content-Type": "application/json"}, json.dumps({"message": reason}).encode())

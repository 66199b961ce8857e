"""The subprotocols of WebSocket connections, which ministack does not know.

The function of $connect receives those that a client offers, and its response names the one that is accepted. A browser
closes a connection that accepts none of those it offers. The server leaves out the headers of a handshake, and this
adds them again. The key among them is new: it tells which connection a response belongs to.
"""

from __future__ import annotations

import base64
import os
from typing import Any

from local.aws.gate import Message, Receive, Send

KEY, PROTOCOL = "sec-websocket-key", "sec-websocket-protocol"
KEY_BYTES = 16


class Subprotocols:
    """Joins handshakes with the responses of functions, of which `note` is told."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}

    def note(self, event: Any, answer: Any) -> None:
        """Keep the subprotocol that a response to $connect names."""
        context = event.get("requestContext") if isinstance(event, dict) else None
        if not isinstance(context, dict) or context.get("eventType") != "CONNECT" or not isinstance(answer, dict):
            return
        headers = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
        if PROTOCOL in headers:
            self.named[(event.get("headers") or {}).get(KEY, "")] = headers[PROTOCOL]

    def before(self, app: Any) -> Any:
        """An ASGI application in front of `app`, which accepts each connection with its subprotocol."""

        async def accepting(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket":
                await app(scope, receive, send)
                return
            key = base64.b64encode(os.urandom(KEY_BYTES)).decode()

            async def sent(message: Message) -> None:
                named = self.named.pop(key, None) if message["type"] == "websocket.accept" else None
                await send({**message, "subprotocol": named} if named in scope["subprotocols"] else message)

            try:
                await app({**scope, "headers": with_handshake(scope, key)}, receive, sent)
            finally:
                self.named.pop(key, None)

        return accepting


def with_handshake(scope: Message, key: str) -> list[tuple[bytes, bytes]]:
    """The headers of a connection, with those of its handshake."""
    offered = ", ".join(scope["subprotocols"])
    handshake = {KEY: key, **({PROTOCOL: offered} if offered else {})}
    others = [line for line in scope["headers"] if line[0].decode("latin-1") not in handshake]
    return [*others, *((name.encode(), value.encode("latin-1")) for name, value in handshake.items())]

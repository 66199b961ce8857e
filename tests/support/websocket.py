"""A client of one WebSocket connection, as small as it can be."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

PATIENCE = 60.0  # a busy machine


class WebSocket:
    """A connection. `opened` is the response to its handshake."""

    def __init__(
        self, url: str, protocols: list[str] | None = None, headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((str(address.hostname), address.port or 80), PATIENCE)
        self.protocol = WSConnection(ConnectionType.CLIENT)
        target = address.path + (f"?{address.query}" if address.query else "")
        self.send(
            Request(host=address.netloc, target=target, subprotocols=protocols or [], extra_headers=headers or [])
        )
        self.opened: AcceptConnection | RejectConnection = self.next()

    def send(self, event: Event) -> None:
        """Send one event of the protocol."""
        self.socket.sendall(self.protocol.send(event))

    def next(self) -> Any:
        """The next event."""
        while True:
            for event in self.protocol.events():
                if not isinstance(event, Ping):
                    return event
                self.send(event.response())
            self.protocol.receive_data(self.socket.recv(65536) or None)

    def ask(self, **message: Any) -> None:
        """Send a message as JSON."""
        self.send(Message(data=json.dumps(message)))

    def told(self, kind: str) -> dict[str, Any]:
        """The next message of a type; those of other types before it are skipped."""
        text = ""
        while True:
            event = self.next()
            assert isinstance(event, TextMessage), f"no message of type {kind} came, but {event}"
            text += event.data
            if event.message_finished:
                message: dict[str, Any] = json.loads(text)
                text = ""
                if message["type"] == kind:
                    return message

    def close(self) -> None:
        """Close it as a client does."""
        self.send(CloseConnection(code=1000))
        self.cut()

    def cut(self) -> None:
        """End it without a word."""
        self.socket.close()

"""Live updates: one WebSocket that reconnects, resumes after the last place, and tells of each change once."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from users_cli import waits
from users_cli.client import Api, is_loopback
from users_cli.failures import Failure, Unavailable, Unreachable

Message = dict[str, Any]
PING_SECONDS = 300.0  # API Gateway closes a connection after ten minutes without a message
PONG_SECONDS = 10.0
OPEN_SECONDS = 10.0
REMEMBERED = 2000  # ids of messages
AGAIN = frozenset({"not_connected", "internal_error"})  # codes of errors for which another connection helps
GAP: Message = {"type": "gap"}


class Lost(Exception):
    """The connection is of no use any more. Another one may be."""


class Live:
    """Follows one topic: `users`, or `users/<userId>`. `place` is where to resume, and moves with each message."""

    def __init__(self, api: Api, topic: str, place: int | None = None) -> None:
        self._api = api
        self._topic = topic
        self.place = place
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._failures = 0

    def changes(self) -> Iterator[Message]:
        """Each change once, and `GAP` where changes were missed. Raises Refused, Unreachable if it gets no ticket."""
        while True:
            try:
                yield from self._connected()
            except (Lost, OSError, WebSocketException, TimeoutError):
                self._failures += 1
            except (Unavailable, Unreachable):
                if self._failures == 0:  # it has never worked, or worked until now: people should know
                    raise
                self._failures += 1
            time.sleep(waits.backoff(self._failures))

    def _connected(self) -> Iterator[Message]:
        """The changes that one connection tells of. Raises Lost, OSError, WebSocketException."""
        ticket = self._api.request("POST", "/live/tickets", repeatable=True).json()
        protocols = [Subprotocol(name) for name in ticket["protocols"]]
        direct: dict[str, Any] = {"proxy": None} if is_loopback(ticket["url"]) else {}
        # API Gateway counts messages, and not the pings of the protocol
        with connect(
            ticket["url"], subprotocols=protocols, open_timeout=OPEN_SECONDS, ping_interval=None, **direct
        ) as socket:
            after = {} if self.place is None else {"after": self.place}
            socket.send(json.dumps({"action": "subscribe", "to": self._topic, **after}))
            while True:
                yield from self._told(received(socket))

    def _told(self, message: Message) -> Iterator[Message]:
        """The changes of a message that are new. Raises Failure, Lost."""
        kind, code = message.get("type"), message.get("code")
        if (
            kind is None or code in AGAIN
        ):  # messages without a type are API Gateway's own: it could not call the function
            raise Lost
        if kind == "error":
            raise Failure(str(message.get("detail") or message.get("message") or code), dict(message))
        if kind == "subscribed":
            self._failures = 0
            for missed in message["missed"]:
                yield from self._change(missed)
            self._move(message["place"])
            if message["gap"]:
                yield GAP
        if kind == "update":
            yield from self._change(message)

    def _change(self, message: Message) -> Iterator[Message]:
        """A change that was not told before."""
        known = message["id"] in self._seen
        self._seen[message["id"]] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._move(message["place"])
        if not known:
            yield message

    def _move(self, place: int) -> None:
        self.place = max(self.place or 0, place)


def received(socket: ClientConnection) -> Message:
    """The next message. Asks for a sign of life after a long silence. Raises Lost, WebSocketException."""
    for seconds in (PING_SECONDS, PONG_SECONDS):
        try:
            text = socket.recv(timeout=seconds)
        except TimeoutError:
            socket.send(json.dumps({"action": "ping"}))
            continue
        message = json.loads(text)
        if not isinstance(message, dict):
            raise Lost
        return message
    raise Lost

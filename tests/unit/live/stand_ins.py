"""What the handlers and the consumer of live updates are given in tests."""

from __future__ import annotations

import json
from typing import Any

from users.standing import Standing
from utils.deadline import Deadline
from utils.websocket import SocketRequest

ANN = "5884d48e-e881-4299-834b-3d9881e0fa73"
EVENT = {
    "id": "0b7c5b0e-6f0a-5b8a-9d0e-2f3c4d5e6f70",
    "schemaVersion": 1,
    "userId": ANN,
    "userVersion": 2,
    "time": "2026-11-26T12:00:00.000Z",
    "changed": ["email"],
    "actor": {"type": "key", "id": "abc"},
    "previousEmail": "ann@example.com",
}


def request(**message: Any) -> SocketRequest:
    """A message of a client."""
    return SocketRequest({"requestContext": {"connectionId": "one"}, "body": json.dumps(message)}, Deadline(5))


class Connections:
    """Connections by topic. `log` is what happened, in order."""

    def __init__(self, log: list[str] | None = None, **subscribed: list[str]) -> None:
        self.log = [] if log is None else log
        self.subscribed = subscribed

    def subscribe(self, connection_id: str, topic: str) -> None:
        self.log.append(f"subscribed {connection_id}")

    def unsubscribe(self, connection_id: str, topic: str) -> None:
        self.log.append(f"unsubscribed {connection_id}")

    def subscribers(self, topic: str) -> list[str]:
        self.log.append(f"looked for subscribers of {topic.partition('/')[0]}")
        return self.subscribed.get("one" if "/" in topic else "all", [])

    def close(self, connection_id: str, caller: str = "") -> None:
        self.log.append(f"closed {connection_id}")

    def shut_out(self, caller: str) -> list[str]:
        self.log.append(f"shut out {caller}")
        return ["mine", "other"]


class Recent:
    """A log of messages."""

    def __init__(self, kept: list[tuple[int, str]] | None = None, log: list[str] | None = None) -> None:
        self.kept = kept
        self.log = [] if log is None else log

    def now(self) -> int:
        return 7

    def append(self, event_id: str, user_id: str, message: str) -> int:
        self.log.append("logged")
        return 7

    def since(self, place: int, user_id: str | None = None) -> list[tuple[int, str]] | None:
        self.log.append("read the log")
        return self.kept


def nobody(user_id: str) -> None:
    """No record is of a person."""


def person(user_id: str) -> Standing:
    """The person of a record."""
    return Standing({"subject": {"S": "ann"}})


class Sockets:
    """Connections that are gone, that take nothing, or that do not end."""

    def __init__(
        self,
        gone: tuple[str, ...] = (),
        failed: tuple[str, ...] = (),
        log: list[str] | None = None,
        still_open: tuple[str, ...] = (),
    ) -> None:
        self.gone, self.failed, self.still_open = gone, failed, still_open
        self.log = [] if log is None else log
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def send(self, connections: Any, message: str) -> tuple[list[str], list[str]]:
        self.log.append("sent")
        self.sent += [(each, json.loads(message)) for each in sorted(connections)]
        return list(self.gone), list(self.failed)

    def end(self, connections: Any) -> list[str]:
        self.log += [f"ended {each}" for each in connections]
        return list(self.still_open)

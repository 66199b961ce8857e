"""A transport that follows a script, and a clock that only sleeping moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dynamodb.client import Client
from utils.deadline import Deadline

Answer = tuple[int, Mapping[str, str], bytes]


def ok(**members: Any) -> Answer:
    """A success."""
    return 200, {}, json.dumps(members).encode()


def failure(status: int, code: str, headers: Mapping[str, str] | None = None, **members: Any) -> Answer:
    """An answer as DynamoDB gives it when it refuses."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "why", **members}
    return status, headers or {}, json.dumps(body).encode()


class Script:
    """A transport that gives one outcome after another (an answer, or an exception to raise), the last one for ever.

    `sent` are the requests: operation, body, time-out.
    """

    def __init__(self, *outcomes: Answer | Exception) -> None:
        self._outcomes = list(outcomes)
        self.sent: list[tuple[str, bytes, float]] = []
        self.opened: list[float] = []

    def open(self, timeout: float) -> None:
        self.opened.append(timeout)

    def send(self, operation: str, body: bytes, timeout: float) -> Answer:
        self.sent.append((operation, body, timeout))
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class World:
    """A client over a script, with a clock of its own; `slept` is how long each wait was."""

    def __init__(
        self, *outcomes: Answer | Exception, fraction: Callable[[], float] = lambda: 0.5, **settings: Any
    ) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.transport = Script(*outcomes)
        self.client = Client(self.transport, sleep=self._sleep, random=fraction, **settings)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def deadline(self, seconds: float = 60) -> Deadline:
        return Deadline(seconds, clock=lambda: self.now)

    def call(self, seconds: float = 60) -> dict[str, Any]:
        return self.client.call("GetItem", {"TableName": "Users"}, self.deadline(seconds))

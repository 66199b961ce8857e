"""A server that tells the truth of another one but for some answers, to see what a check is worth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.forwarder import Answer, Forwarder, Request

Lie = Callable[[Answer], None]


@dataclass
class Liar(Forwarder):
    """`lies` are told about the requests of these numbers, the first being 0."""

    lies: dict[int, Lie] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)

    def see(self, request: Request, answer: Answer) -> None:
        """Remember the request, and lie when it is time."""
        number = len(self.seen)
        self.seen.append(request)
        if number in self.lies:
            self.lies[number](answer)


def told(answer: Answer) -> Any:
    """The body of an answer as JSON."""
    return json.loads(answer.body)


def tell(answer: Answer, value: Any) -> None:
    """Answer with this body instead."""
    answer.body = json.dumps(value).encode()


def status(value: int) -> Lie:
    """Another status."""

    def lie(answer: Answer) -> None:
        answer.status = value

    return lie


def header(name: str, value: str) -> Lie:
    """Another value of a header."""

    def lie(answer: Answer) -> None:
        answer.headers[name] = value

    return lie


def without_header(name: str) -> Lie:
    """A header left out."""

    def lie(answer: Answer) -> None:
        del answer.headers[name]

    return lie


def member(name: str, value: Any) -> Lie:
    """Another value of a member of the body."""

    def lie(answer: Answer) -> None:
        tell(answer, {**told(answer), name: value})

    return lie


def without(name: str) -> Lie:
    """A member of the body left out."""

    def lie(answer: Answer) -> None:
        tell(answer, {key: value for key, value in told(answer).items() if key != name})

    return lie


def lost(answer: Answer) -> None:
    """The answer never arrives."""
    answer.status = 0

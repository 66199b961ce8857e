"""Faults of an AWS service between a client of botocore and its connection: retries and answers are botocore's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.proofs.system import System

Answer = Callable[[Any], AWSResponse | None]


class Raw:
    """A body that is there already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        """All of it."""
        return [self._body]


def response(request: Any, status: int, body: bytes, headers: Any = None) -> AWSResponse:
    """A response to a request; the names of headers are keys of a dict."""
    kept: Any = headers or {}
    return AWSResponse(request.url, status, kept, Raw(body))


def refusal(code: str, status: int) -> Answer:
    """The service refuses with a code, in JSON and in XML as the services write it."""

    def answer(request: Any) -> AWSResponse:
        if "application/json" in str(request.headers.get("Content-Type")):
            body = json.dumps({"message": "secret inner words"}).encode()
        else:
            body = f"<Error><Code>{code}</Code><Message>secret inner words</Message></Error>".encode()
        return response(request, status, body, {"x-amzn-ErrorType": code})

    return answer


def not_reached(request: Any) -> AWSResponse:
    """No connection comes about."""
    raise ConnectTimeoutError(endpoint_url=request.url)


def timed_out(request: Any) -> AWSResponse:
    """No answer comes in time."""
    raise ReadTimeoutError(endpoint_url=request.url)


@dataclass
class Faults:
    """From the `nth` request of a client on, `times` in a row meet the answer. `after` lets the service act first.

    An answer of None is the service's own.
    """

    answer: Answer | None = None
    nth: int = 1
    times: int = 1
    after: bool = False
    seen: list[Any] = field(default_factory=list)  # all requests

    def install(self, client: Any, service: str) -> Any:
        """Stand before the connection of a client; the client."""

        def before_send(request: Any, **_: Any) -> AWSResponse | None:
            self.seen.append(request)
            if self.answer is None or not self.nth <= len(self.seen) < self.nth + self.times:
                return None
            if self.after:
                client._endpoint.http_session.send(request)
            return self.answer(request)

        client.meta.events.unregister(f"before-send.{service}", unique_id="faults")  # those of the batch before
        client.meta.events.register(f"before-send.{service}", before_send, unique_id="faults")
        return client


def client_of(system: System, name: str, service: str, attempts: int = 1) -> Any:
    """The client of an adapter of this name, the one that it has already if there is one."""
    built = system.module("consumers.wiring")._built.get(name)
    return built._client if built else system.module("adapters.clients").client(service, attempts)

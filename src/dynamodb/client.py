"""One function, `call(operation, request, deadline)`, over a transport: low-level DynamoDB JSON in and out.

A call that succeeds needs nothing but this file and its transport: what to make of a failure is loaded on the first.
"""

from __future__ import annotations

import json
import time
from binascii import crc32

from dynamodb.errors import ConfigurationError, DynamoDBError, NoResponse
from utils.deadline import LEAST_TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from dynamodb.retries import Budget, Retries
    from utils.deadline import Deadline

    class Transport(Protocol):
        """Sends one request once, without retries, and returns the response."""

        def send(self, operation: str, body: bytes, timeout: float) -> tuple[int, Mapping[str, str], bytes]:
            """Status, headers (lower-case names) and body, within `timeout` seconds; NoResponse otherwise."""

        def open(self, timeout: float) -> None:
            """Connect ahead of the first request; a failure to is not an error yet."""


# Reads change nothing, and a transaction has a token by which DynamoDB knows a repetition. These have none: after an
# attempt that may have taken effect, only the caller can tell whether another would be a second write.
NOT_REPEATED = frozenset({"UpdateItem"})


class Client:
    """Calls DynamoDB through `transport` with the one retry layer there is. Threads may share it."""

    def __init__(
        self,
        transport: Transport,
        *,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] | None = None,
        budget: Budget | None = None,
        max_attempts: int = 0,
    ) -> None:
        self._transport = transport
        self._policy = (sleep, random, budget, max_attempts)
        self._retries: Retries | None = None

    def open(self, timeout: float = 1.0) -> None:
        """Connect now, so that the first call finds a connection. Never raises for an endpoint out of reach."""
        self._transport.open(timeout)

    def call(self, operation: str, request: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """The answer of DynamoDB to `operation`; a DynamoDBError when it refused or none came by the deadline."""
        body = json.dumps(request).encode()
        try:
            answer = self._attempt(operation, body, deadline)
        except DynamoDBError as error:
            again = operation not in NOT_REPEATED
            return self._failed().retried(error, deadline, lambda: self._attempt(operation, body, deadline), again)
        if self._retries:
            self._retries.budget.give_back(1)
        return answer

    def _attempt(self, operation: str, body: bytes, deadline: Deadline) -> dict[str, Any]:
        sent_before = False
        try:
            try:
                status, headers, answer = self._send(operation, body, deadline)
            except NoResponse as error:
                if not error.stale or (error.sent and operation in NOT_REPEATED):
                    raise
                sent_before = error.sent
                status, headers, answer = self._send(operation, body, deadline)
            members = _members(status, headers, answer)
        except NoResponse as error:
            from dynamodb.failures import unanswered

            raise unanswered(error, sent_before) from error
        if status == 200:
            return members
        from dynamodb.failures import refused

        raise refused(status, headers, members, sent_before)

    def _send(self, operation: str, body: bytes, deadline: Deadline) -> tuple[int, Mapping[str, str], bytes]:
        remaining = deadline.remaining()
        if remaining < LEAST_TIME:
            raise NoResponse("not enough time is left to call DynamoDB", sent=False)
        return self._transport.send(operation, body, remaining)

    def _failed(self) -> Retries:
        if self._retries is None:
            from dynamodb.retries import Retries

            self._retries = Retries(*self._policy)
        return self._retries


def _members(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The JSON object of a response; empty for a failure that is not DynamoDB's own, by its content type."""
    checksum = headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(crc32(body)):
        raise NoResponse("the response does not match its checksum", sent=True)
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if isinstance(members, dict):
        return members
    if status == 200 or "json" in headers.get("content-type", ""):
        raise NoResponse("the response is not a JSON object", sent=True)
    return {}


def from_environment(environ: Mapping[str, str]) -> Client:
    """A client set up by the standard AWS variables in `environ`, and by DYNAMODB_CLIENT.

    That is `boto3`, or `cached` or `invalidating` for a cache beside it (dynamodb.cached), or unset.
    ConfigurationError when `environ` asks for what the client cannot do. Nothing is sent yet.
    """
    engine = environ.get("DYNAMODB_CLIENT", "")
    if engine == "boto3":
        from dynamodb import botocore_transport

        return Client(botocore_transport.from_environment(environ), max_attempts=_max_attempts(environ))
    if engine:
        if engine not in ("cached", "invalidating"):
            raise ConfigurationError(f"DYNAMODB_CLIENT must be boto3, cached, invalidating or unset, not {engine!r}")
        from dynamodb import cached

        database = from_environment({**environ, "DYNAMODB_CLIENT": ""})
        return cached.with_cache(engine, database, environ)  # type: ignore[return-value]  # it is called the same
    from dynamodb import transport

    return Client(transport.from_environment(environ), max_attempts=_max_attempts(environ))


def _max_attempts(environ: Mapping[str, str]) -> int:
    """AWS_MAX_ATTEMPTS, 0 where it is not set."""
    mode = environ.get("AWS_RETRY_MODE") or "standard"
    attempts = environ.get("AWS_MAX_ATTEMPTS") or "0"
    if mode.lower() != "standard" or not (attempts.isascii() and attempts.isdigit()):
        raise ConfigurationError(
            "AWS_RETRY_MODE must be standard or unset, and AWS_MAX_ATTEMPTS must be an integer or unset"
        )
    return int(attempts)

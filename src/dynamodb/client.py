"""One function, `call(operation, request, deadline)`, over a transport: low-level DynamoDB JSON in and out."""

from __future__ import annotations

import json
import time
from binascii import crc32

from dynamodb import retries
from dynamodb.errors import (
    ConditionalCheckFailed,
    ConfigurationError,
    DynamoDBError,
    NoAnswer,
    RequestRejected,
    Throttled,
    TransactionCanceled,
    Unavailable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from utils.deadline import Deadline

    class Transport(Protocol):
        """What carries one request and brings its answer, once, without retries of its own."""

        def send(self, operation: str, body: bytes, timeout: float) -> tuple[int, Mapping[str, str], bytes]:
            """Status, headers (lower-case names) and body, within `timeout` seconds; NoAnswer otherwise."""

        def open(self, timeout: float) -> None:
            """Connect ahead of the first request; a failure to is not an error yet."""


LEAST_TIME = 0.1  # seconds; with less left nothing is sent


class Client:
    """Calls DynamoDB through `transport` with the one retry layer there is. Safe to share between threads."""

    def __init__(
        self,
        transport: Transport,
        *,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = retries.random_fraction,
        budget: retries.Budget | None = None,
        max_attempts: int = retries.MAX_ATTEMPTS,
    ) -> None:
        self._transport = transport
        self._sleep = sleep
        self._random = random
        self._budget = budget or retries.Budget()
        self._max_attempts = max_attempts

    def open(self, timeout: float = 1.0) -> None:
        """Connect now, so that the first call finds a connection. Never raises for an endpoint out of reach."""
        self._transport.open(timeout)

    def call(self, operation: str, request: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """The answer of DynamoDB to `operation`; a DynamoDBError when it refused or none came by the deadline."""
        body = json.dumps(request).encode()
        uncertain = False
        tokens = attempt = 1
        while True:
            try:
                answer = self._attempt(operation, body, deadline)
            except DynamoDBError as error:
                error.uncertain = uncertain = uncertain or error.uncertain
                tokens = self._wait_to_retry(error, attempt, deadline)
                if not tokens:
                    raise
                attempt += 1
            else:
                self._budget.give_back(tokens)
                return answer

    def _attempt(self, operation: str, body: bytes, deadline: Deadline) -> dict[str, Any]:
        sent = False
        try:
            try:
                status, headers, answer = self._send(operation, body, deadline)
            except NoAnswer as error:
                if not error.stale:
                    raise
                sent = error.sent
                status, headers, answer = self._send(operation, body, deadline)
            members = _members(status, headers, answer)
        except NoAnswer as error:
            raise _unanswered(error, sent) from error
        if status == 200:
            return members
        failure = _refused(status, headers, members)
        failure.uncertain = failure.uncertain or sent
        raise failure

    def _send(self, operation: str, body: bytes, deadline: Deadline) -> tuple[int, Mapping[str, str], bytes]:
        remaining = deadline.remaining()
        if remaining < LEAST_TIME:
            raise NoAnswer("too little time is left to ask DynamoDB", sent=False)
        return self._transport.send(operation, body, remaining)

    def _wait_to_retry(self, error: DynamoDBError, attempt: int, deadline: Deadline) -> int:
        """Wait until the next attempt is due; 0 when there is to be none, else the tokens it cost."""
        if not error.retry or attempt >= self._max_attempts:
            return 0
        delay = retries.delay(error.retry, attempt, self._random, error.retry_after)
        if delay + LEAST_TIME > deadline.remaining():
            return 0
        tokens = self._budget.take(error.retry)
        if tokens:
            self._sleep(delay)
        return tokens


def _members(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    checksum = headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(crc32(body)):
        raise NoAnswer("the answer does not match its checksum", sent=True)
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if isinstance(members, dict):
        return members
    if status == 200:
        raise NoAnswer("the answer is not a JSON object", sent=True)
    return {}


def _unanswered(error: NoAnswer, sent_before: bool) -> Unavailable:
    failure = Unavailable("NoAnswer", str(error), uncertain=error.sent or sent_before)
    failure.retry = retries.TRANSIENT
    return failure


def _refused(status: int, headers: Mapping[str, str], members: dict[str, Any]) -> DynamoDBError:
    word = members.get("__type") or headers.get("x-amzn-errortype") or str(status)
    code = str(word).rsplit("#", 1)[-1].split(":", 1)[0]
    kind = retries.kind(status, code)
    error = _typed(code, kind, str(members.get("message") or members.get("Message") or ""), status, members)
    error.request_id = headers.get("x-amzn-requestid", "")
    error.retry = kind
    error.retry_after = _retry_after(headers)
    return error


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("x-amz-retry-after", "")
    return int(text) / 1000 if text.isascii() and text.isdigit() else None


def _typed(code: str, kind: str, message: str, status: int, members: dict[str, Any]) -> DynamoDBError:
    if code == "ConditionalCheckFailedException":
        failed = ConditionalCheckFailed(code, message, status)
        failed.item = members.get("Item")
        return failed
    if code == "TransactionCanceledException":
        canceled = TransactionCanceled(code, message, status)
        canceled.reasons = members.get("CancellationReasons") or []
        return canceled
    if kind == retries.THROTTLING:
        return Throttled(code, message, status)
    if kind == retries.TRANSIENT:
        return Unavailable(code, message, status, uncertain=True)
    return RequestRejected(code, message, status)


def from_environment(environ: Mapping[str, str]) -> Client:
    """A client set up by the standard AWS variables in `environ`, and by DYNAMODB_CLIENT: `boto3`, or unset.

    ConfigurationError when `environ` asks for what the client cannot do. Nothing is sent yet.
    """
    engine = environ.get("DYNAMODB_CLIENT", "")
    if engine not in ("", "boto3"):
        raise ConfigurationError(f"DYNAMODB_CLIENT is boto3 or unset, not {engine!r}")
    if engine == "boto3":
        from dynamodb import botocore_transport

        return Client(botocore_transport.from_environment(environ))
    from dynamodb import transport

    return Client(transport.from_environment(environ))

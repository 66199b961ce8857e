"""A stand-in for Lambda's Runtime API: hands events to AWS's runtime client and takes its answers.

One function at a time, on the driver's own thread, so that nothing but the function and the DynamoDB stub runs
while a call is measured. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from dataclasses import dataclass
from types import TracebackType

PREFIX = "/2018-06-01/runtime"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"
ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status": "OK"}'
FUNCTION_TIMEOUT_MS = 10_000


class FunctionFailed(Exception):
    """The function reported an error, left, or did not answer in time."""


@dataclass(frozen=True)
class Request:
    """One HTTP request of the runtime client, read whole."""

    connection: socket.socket
    method: str
    path: str
    body: bytes
    arrived: float  # time.perf_counter() when its last byte was read


class RuntimeApi:
    """Listens on a free loopback port."""

    def __init__(self) -> None:
        self.function_timeout_ms = FUNCTION_TIMEOUT_MS
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waiting: Request | None = None
        self._count = 0

    def __enter__(self) -> RuntimeApi:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.forget()
        self._selector.close()
        self._listener.close()

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is set to."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def wait_until_ready(self, timeout: float) -> float:
        """Wait until the function asks for an event, and return when it did (init is over then)."""
        while self._waiting is None:
            request = self._read(timeout)
            if request.method == "GET" and request.path == f"{PREFIX}/invocation/next":
                self._waiting = request
            else:
                raise FunctionFailed(f"{request.path}: {request.body.decode(errors='replace')[:2000]}")
        return self._waiting.arrived

    def invoke(self, event: bytes, timeout: float = 30) -> tuple[bytes, float, float]:
        """Hand over one event: the answer, when the event was sent, and when the answer was in."""
        self.wait_until_ready(timeout)
        assert self._waiting
        self._count += 1
        request_id = f"00000000-0000-4000-8000-{self._count:012d}"
        message = next_response(event, request_id, self.function_timeout_ms)
        connection, self._waiting = self._waiting.connection, None
        sent = time.perf_counter()
        connection.sendall(message)
        answer = self._read(timeout)
        answer.connection.sendall(ACCEPTED)
        if answer.path != f"{PREFIX}/invocation/{request_id}/response":
            raise FunctionFailed(f"{answer.path}: {answer.body.decode(errors='replace')[:2000]}")
        return answer.body, sent, answer.arrived

    def forget(self) -> None:
        """Drop the connections of a function that is gone."""
        self._waiting = None
        for key in list(self._selector.get_map().values()):
            if key.fileobj is not self._listener:
                self._drop(key.fileobj)  # type: ignore[arg-type]

    def _read(self, timeout: float) -> Request:
        """The next whole request on any connection."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._selector.register(connection, selectors.EVENT_READ)
                elif request := read_request(key.fileobj):  # type: ignore[arg-type]
                    return request
                else:
                    self._drop(key.fileobj)  # type: ignore[arg-type]
        raise FunctionFailed(f"no request within {timeout:g} s")

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()


def next_response(event: bytes, request_id: str, timeout_ms: int) -> bytes:
    """The answer to GET .../invocation/next."""
    deadline = int(time.time() * 1000) + timeout_ms
    trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {request_id}\r\n"
        f"Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Invoked-Function-Arn: {ARN}\r\n"
        f"Lambda-Runtime-Trace-Id: {trace}\r\nContent-Length: {len(event)}\r\n\r\n"
    )
    return head.encode() + event


def read_request(connection: socket.socket) -> Request | None:
    """One request, or None when the other side has closed."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = receive(connection)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if "transfer-encoding" in headers:
        raise FunctionFailed("the runtime client sent a chunked body, which the stand-in does not read")
    while len(body) < int(headers.get("content-length", 0)):
        part = receive(connection)
        if not part:
            return None
        body += part
    method, path, _ = lines[0].split(" ", 2)
    return Request(connection, method, path, body, time.perf_counter())


def receive(connection: socket.socket) -> bytes:
    """Some bytes; none when the function has gone."""
    try:
        return connection.recv(262_144)
    except ConnectionResetError:
        return b""


def answer_of(body: bytes) -> dict[str, object]:
    """The proxy answer a function gave."""
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise FunctionFailed(f"not a proxy answer: {body[:200]!r}")
    return answer

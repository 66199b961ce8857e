"""A server that tells the truth of another one but for one answer: what a check is worth shows when it meets a lie."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Answer:
    """An answer on its way to the client; a lie changes it in place. `status` 0 closes the connection unanswered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()


Lie = Callable[[Answer], None]


@dataclass
class Seen:
    """One request that came by."""

    method: str
    path: str
    status: int


@dataclass
class Liar:
    """Forwards every request to `upstream`; `lies` are told about the requests of these numbers, the first being 0."""

    upstream: str
    lies: dict[int, Lie] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def __enter__(self) -> Liar:
        liar = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                liar.answer(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Forward one request and answer it, truly or not."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        truth = forwarded(self.upstream, request.command, request.path, dict(request.headers.items()), body)
        number = len(self.seen)
        self.seen.append(Seen(request.command, request.path, truth.status))
        self.lies.get(number, truthful)(truth)
        if truth.status:
            reply(request, truth)
        else:
            request.close_connection = True


def forwarded(upstream: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """What the upstream server answers."""
    target = urlsplit(upstream)
    connection = http.client.HTTPConnection(target.netloc, timeout=30)
    kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
    connection.request(method, f"{target.path}{path}", body or None, kept)
    response = connection.getresponse()
    answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    connection.close()
    return answer


def reply(request: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Send an answer on."""
    request.send_response(answer.status)
    for name, value in answer.headers.items():
        if name not in ("content-length", "transfer-encoding", "connection", "date", "server"):
            request.send_header(name, value)
    request.send_header("Content-Length", str(len(answer.body)))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client may have gone meanwhile
        request.end_headers()
        request.wfile.write(answer.body)


def status(value: int) -> Lie:
    """Another status."""

    def lie(answer: Answer) -> None:
        answer.status = value

    return lie


def without_header(name: str) -> Lie:
    """A header left out."""

    def lie(answer: Answer) -> None:
        del answer.headers[name]

    return lie


def header(name: str, value: str) -> Lie:
    """Another value of a header."""

    def lie(answer: Answer) -> None:
        answer.headers[name] = value

    return lie


def member(name: str, value: Any) -> Lie:
    """Another value of a member of the body."""

    def lie(answer: Answer) -> None:
        answer.json = {**answer.json, name: value}

    return lie


def without(name: str) -> Lie:
    """A member of the body left out."""

    def lie(answer: Answer) -> None:
        answer.json = {key: value for key, value in answer.json.items() if key != name}

    return lie


def truthful(_: Answer) -> None:
    """Nothing but the truth."""


def lost(answer: Answer) -> None:
    """The answer never arrives."""
    answer.status = 0

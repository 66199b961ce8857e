"""A server that passes every request on to another one, for tests that listen or meddle."""

from __future__ import annotations

import contextlib
import http.client
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = ("content-length", "transfer-encoding", "connection", "date", "server", "keep-alive")


@dataclass(frozen=True)
class Request:
    """A request as it came in; header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """An answer on its way back. `status` 0 closes the connection unanswered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Forwarder:
    """Forwards to `upstream`; `see` may change an answer before it goes back."""

    upstream: str
    url: str = field(init=False)

    def __enter__(self):
        forwarder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def forward(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length") or 0))
                reply(self, forwarder.pass_on(Request(self.command, self.path, headers, body)))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = forward  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pass_on(self, request: Request) -> Answer:
        """The answer to one request."""
        answer = forwarded(self.upstream, request)
        self.see(request, answer)
        return answer

    def see(self, request: Request, answer: Answer) -> None:
        """Look at an exchange; nothing to look at here."""


def forwarded(upstream: str, request: Request) -> Answer:
    """What the upstream server answers; the Host header stays, because signatures cover it."""
    target = urlsplit(upstream)
    connection = http.client.HTTPConnection(target.netloc, timeout=60)
    headers = {name: value for name, value in request.headers.items() if name not in ("connection", "content-length")}
    connection.request(request.method, f"{target.path}{request.path}", request.body or None, headers)
    response = connection.getresponse()
    answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    connection.close()
    return answer


def reply(request: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Send an answer, or hang up."""
    if not answer.status:
        request.close_connection = True
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client may have gone meanwhile
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            if name not in HOP_BY_HOP:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.body)))
        request.end_headers()
        request.wfile.write(answer.body)

"""A stand-in for the API that fails in every way that a network and a busy API can, and counts what it has created."""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, str], dict[str, Any]]


class StandIn(ThreadingHTTPServer):
    """Keeps the first response of each idempotency key, as the API does. `reply` may respond before it does."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, reply: Callable[[str, int], Reply | None] = lambda method, number: None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.lock = threading.Lock()
        self.number = 0
        self.seen: list[str] = []
        self.created: dict[str, dict[str, Any]] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def handle_error(self, *_: Any) -> None:
        """A connection that the other side has closed is not worth a word."""

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a response is two writes
    server: StandIn

    def handle_any(self) -> None:
        server, key = self.server, self.headers.get("Idempotency-Key", "")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with server.lock:
            server.number += 1
            server.seen.append(self.command)
            number = server.number
        reply = server.reply(self.command, number)
        if reply and reply[0] == 0:  # the connection breaks, after the user was created if the status is 0 with a body
            if reply[2]:
                self.create(key, body)
            self.close_connection = True
            return
        if reply is None:
            reply = (201, {}, self.create(key, body))
        self.respond(*reply)

    def create(self, key: str, body: bytes) -> dict[str, Any]:
        with self.server.lock:
            return self.server.created.setdefault(key, {"userId": str(uuid.uuid4()), **json.loads(body or b"{}")})

    def respond(self, status: int, headers: dict[str, str], content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), "ETag": '"1"', **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.handle_any()

    def do_POST(self) -> None:
        self.handle_any()

    def do_PATCH(self) -> None:
        self.handle_any()

    def do_DELETE(self) -> None:
        self.handle_any()

    def log_message(self, *_: object) -> None:
        """Be silent."""


def problem(status: int, code: str, **headers: str) -> Reply:
    """A problem document."""
    return status, headers, {"status": status, "code": code, "title": code, "detail": f"{code}."}


def unreliable(seed: int) -> Callable[[str, int], Reply | None]:
    """Fails three of ten requests, each in one of five ways."""
    chance = random.Random(seed)
    lock = threading.Lock()
    ways: list[Reply] = [
        problem(429, "too_many_requests", **{"Retry-After": "0"}),
        problem(503, "unavailable", **{"Retry-After": "0"}),
        problem(409, "request_in_progress", **{"Retry-After": "0"}),
        (0, {}, {}),
        (0, {}, {"created": True}),
    ]

    def reply(method: str, number: int) -> Reply | None:
        with lock:
            return chance.choice(ways) if chance.random() < 0.3 else None

    return reply

"""HTTP as it goes over the wire: whatever path, headers and bytes a test wants to send."""

from __future__ import annotations

import http.client
import json
import uuid
from typing import Any
from urllib.parse import urlsplit

from tests.support import described


class Answer:
    """Status, headers by lower-case name, and the bytes of the body."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def send(url: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """One request on a connection of its own; `body` is JSON unless it is bytes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=40)
    raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = {} if raw is None else {"Content-Type": "application/json"}
    try:
        connection.putrequest(method, (parts.path + path), skip_accept_encoding=True)
        for name, value in {**kind, **(headers or {})}.items():
            connection.putheader(name, value)
        if raw is not None:
            connection.putheader("Content-Length", str(len(raw)))
        connection.endheaders(raw)
        received = connection.getresponse()
        answer = Answer(received.status, received.getheaders(), received.read())
    finally:
        connection.close()
    if described.is_described(url):
        faults = described.faults(method, path, answer.status, answer.headers, answer.body)
        assert not faults, f"openapi.yaml does not describe this answer: {faults}"
    return answer


def address() -> str:
    """An email that no other test has."""
    return f"{uuid.uuid4().hex}@example.com"


def person(**members: Any) -> dict[str, Any]:
    """A user that can be created."""
    return {"name": "Ann", "email": address(), **members}

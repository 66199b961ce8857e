"""HTTP/1.1 messages: requests and responses in the form of the wire."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

BODYLESS = {204, 304}
# The words of RFC 7231, which Python 3.13 has replaced by those of RFC 9110: the same on every interpreter.
OLDER_WORDS = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
REASONS = {status.value: status.phrase for status in HTTPStatus} | OLDER_WORDS


@dataclass
class Request:
    """One request as it came over the wire. `head_size` is the bytes of request line and headers."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str
    version: str = "1.1"
    head_size: int = 0
    too_large: bool = False
    malformed: bool = False
    received: float = field(default_factory=time.time)


@dataclass
class Response:
    """One answer. Content-Length, Date and Connection are added when it is written."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    close: bool = False


def text(value: bytes) -> str:
    """Bytes of a target or header as text, whatever they are."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def declared_length(headers: list[tuple[str, str]]) -> int:
    """Content-Length, 0 when there is none."""
    values = [value for name, value in headers if name.lower() == "content-length"]
    return int(values[-1]) if values and values[-1].isdigit() else 0


def foreign_method(data: bytes, client: str) -> Request | None:
    """A request whose method is not one of HTTP's, read just far enough to route it."""
    head = data.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")
    words = head[0].split(" ")
    if len(words) != 3 or not words[0].isalpha() or len(words[0]) > 32 or not words[2].startswith("HTTP/1."):
        return None
    headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:])]
    return Request(words[0], words[1], headers, b"", client, words[2][5:], len(data))


_date: tuple[int, str] = (0, "")


def date() -> str:
    """The Date header, made once a second."""
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, formatdate(now, usegmt=True))
    return _date[1]


def encoded(request: Request, response: Response, keep: bool) -> bytes:
    """A response in the form of the wire."""
    status = response.status
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}", f"Date: {date()}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    if status not in BODYLESS:
        lines.append(f"Content-Length: {len(response.body)}")
    if not keep:
        lines.append("Connection: close")
    elif request.version == "1.0":
        lines.append("Connection: keep-alive")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
    return head if status in BODYLESS or request.method == "HEAD" else head + response.body

"""HTTP/1.1 messages: requests and responses in the form of the wire."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus

BODYLESS = {204, 304}
BREAK = re.compile(r"[\r\n\0]")
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
    """One request as it came over the wire. `head_size` is the bytes of request line and headers.

    `malformed` says why the bytes are not a valid request; it is empty for a valid one.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str
    version: str = "1.1"
    head_size: int = 0
    too_large: bool = False
    malformed: str = ""
    received: float = field(default_factory=time.time)


@dataclass
class Response:
    """One answer. Content-Length, Date and Connection are added when it is written."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    close: bool = False


_date: tuple[int, str] = (0, "")


def date() -> str:
    """The Date header, made once a second."""
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, formatdate(now, usegmt=True))
    return _date[1]


def one_line(header: str) -> str:
    """A header without line breaks: a template can put a parameter of the request into it."""
    return header if header.isprintable() else BREAK.sub(" ", header)


def encoded(request: Request, response: Response, keep: bool) -> bytes:
    """A response in the form of the wire."""
    status = response.status
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}", f"Date: {date()}"]
    lines += [one_line(f"{name}: {value}") for name, value in response.headers]
    if status not in BODYLESS:
        lines.append(f"Content-Length: {len(response.body)}")
    if not keep:
        lines.append("Connection: close")
    elif request.version == "1.0":
        lines.append("Connection: keep-alive")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
    return head if status in BODYLESS or request.method == "HEAD" else head + response.body

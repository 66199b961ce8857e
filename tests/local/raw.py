"""Requests as bytes on a socket, for what no client library sends."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.local.wire import whole


@dataclass(frozen=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: str


def ask(url: str, *lines: str, method: str = "GET", target: str = "/", body: str = "") -> Answer:
    """Send the request line, exactly these header lines, and a body; a Host header is one of the lines."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, *length, "Connection: close", "", ""])
    with connected(url) as connection:
        connection.sendall((head + body).encode())
        return parsed(whole(connection))


def handshake(url: str, *lines: str, target: str) -> Answer:
    """The response to a WebSocket handshake, with the body of a refusal."""
    upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    head = "\r\n".join([f"GET {target} HTTP/1.1", *lines, "Connection: Upgrade", *upgrade, "", ""])
    with connected(url) as connection:
        connection.sendall(head.encode())
        answer = parsed(data := connection.recv(65536))
        while len(answer.body) < int(answer.headers.get("content-length", 0)):
            answer = parsed(data := data + connection.recv(65536))
        return answer


def connected(url: str) -> socket.socket:
    """A connection to the server of a URL."""
    address = urlsplit(url)
    return socket.create_connection((str(address.hostname), address.port or 80), timeout=20)


def parsed(data: bytes) -> Answer:
    """A response."""
    head, _, body = data.decode("latin-1").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)

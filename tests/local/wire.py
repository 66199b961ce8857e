"""Reads responses from a raw connection."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any


def answer(connection: socket.socket, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """The next response: status, headers, body. Nothing of a later one may have arrived."""
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return response.status, dict(response.getheaders()), response.read()


def whole(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def answers(connection: socket.socket) -> list[tuple[int, Any]]:
    """Status and JSON of every response until the server closes."""
    found = []
    rest = whole(connection)
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        size = int(headers.get("content-length", 0))
        body, rest = rest[:size], rest[size:]
        found.append((int(lines[0].split()[1]), json.loads(body) if body else None))
    return found

"""Large bodies, their requests as bytes, and the wait for what happens after a response."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.local.gateway_api import LocalApi

MB = 1024 * 1024
JSON = b'{"name": "' + b"x" * (4 * MB) + b'"}'
TEXT = b'{"statusCode": 200, "text": "' + b"x" * (4 * MB) + b'"}'


def settles(condition: Callable[[], bool]) -> bool:
    """Whether it holds within ten seconds: threads end their work after the response."""
    last = time.monotonic() + 10
    while not condition() and time.monotonic() < last:
        time.sleep(0.01)
    return condition()


def head(api: LocalApi, path: str, size: int) -> bytes:
    lines = [
        f"POST {api.prefix}{path} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {size}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()

"""One attempt: a POST to an address that was checked, within a bound of time and of bytes. It follows no redirect.

The standard library's client reads a whole response, and its timeout is per packet. This one stops at the status line,
so neither a slow nor a large response keeps it.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time

from webhooks.targets import Refused, check_addresses, target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from webhooks.targets import Target

    Resolve = Callable[[str, int], list[str]]

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 8.0
MOST_BYTES = 8192


class Outcome:
    """The result of an attempt: the response's status, or the reason why there is none."""

    __slots__ = ("error", "milliseconds", "status")

    def __init__(self, milliseconds: int, status: int = 0, error: str = "") -> None:
        self.milliseconds, self.status, self.error = milliseconds, status, error

    @property
    def delivered(self) -> bool:
        """Whether the receiver has the event: any 2xx."""
        return 200 <= self.status < 300

    def logged(self) -> dict[str, Any]:
        """The entry of the log."""
        said = {"status": self.status} if self.status else {"error": self.error}
        return {**said, "durationMs": self.milliseconds}


class Garbled(Exception):
    """The receiver's response does not start as an HTTP response does."""


def post(
    url: str,
    headers: dict[str, str],
    body: str,
    localhost: bool,
    seconds: float = TOTAL_SECONDS,
    resolve: Resolve | None = None,
) -> Outcome:
    """Send a body once. Every failure of the receiver is an outcome."""
    started = time.monotonic()
    try:
        to = target(url, localhost)
        addresses = (resolve or resolved)(to.host, to.port)
        check_addresses(to.host, addresses, localhost)
        status, error = _exchange(to, addresses, headers, body.encode(), started + seconds), ""
    except Refused:
        status, error = 0, "address_refused"
    except TimeoutError:
        status, error = 0, "timeout"
    except ssl.SSLError:
        status, error = 0, "tls_failed"
    except Garbled:
        status, error = 0, "invalid_response"
    except OSError:
        status, error = 0, "connection_failed"
    return Outcome(int((time.monotonic() - started) * 1000), status, error)


def _exchange(to: Target, addresses: list[str], headers: dict[str, str], body: bytes, end: float) -> int:
    with _connected(to, addresses, end) as connection:
        connection.settimeout(_left(end))
        connection.sendall(_head(to, headers, len(body)) + body)
        return _status(connection, end)


def resolved(host: str, port: int) -> list[str]:
    """All addresses of a name. The resolver has no timeout, so a thread runs it. Raises OSError."""
    found: list[str] = []

    def look_up() -> None:
        try:
            found.extend(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError:
            return

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not found:
        raise ConnectionError("the name has no address")
    return list(dict.fromkeys(found))


def _connected(to: Target, addresses: list[str], end: float) -> socket.socket:
    """A connection to the first address that answers; the certificate must be that of the name."""
    last = min(end, time.monotonic() + CONNECT_SECONDS)
    for number, address in enumerate(addresses, start=1):
        try:
            plain = socket.create_connection((address, to.port), timeout=_left(last))
            break
        except OSError:
            if number == len(addresses) or time.monotonic() >= last:
                raise
    if not to.secure:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=to.host)
    except OSError:  # an error of TLS is one too
        plain.close()
        raise


def _head(to: Target, headers: dict[str, str], length: int) -> bytes:
    lines = {
        "Host": to.authority,
        "User-Agent": "users-api-webhooks/1",
        "Content-Type": "application/json",
        "Content-Length": str(length),
        "Connection": "close",
        **headers,
    }
    return "".join([f"POST {to.path} HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in lines.items()), "\r\n"]).encode()


def _status(connection: socket.socket, end: float) -> int:
    """The status of the response; informational responses before it are passed over."""
    read = b""
    while True:
        line, found, rest = read.partition(b"\r\n")
        if found:
            status = _status_of(line)
            if status >= 200:
                return status
            _, whole, after = rest.partition(b"\r\n\r\n") if not rest.startswith(b"\r\n") else (b"", b"1", rest[2:])
            if whole:
                read = after
                continue
        if len(read) > MOST_BYTES:
            raise Garbled
        connection.settimeout(_left(end))
        more = connection.recv(4096)
        if not more:
            raise ConnectionResetError
        read += more


def _status_of(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    digits = rest[:3]
    if not version.startswith(b"HTTP/1.") or not digits.isdigit() or not 100 <= int(digits) <= 599:
        raise Garbled
    return int(digits)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

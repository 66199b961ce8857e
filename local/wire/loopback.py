"""One port on both addresses of `localhost`: clients differ in which one they try first, and some try only one."""

from __future__ import annotations

import errno
import socket

HOST, HOST_6 = "127.0.0.1", "::1"
BACKLOG = 1024  # connections that wait to be accepted
ATTEMPTS = 20  # port 0 needs a number that is free on both addresses


class PortError(Exception):
    """A port cannot be used on one of the addresses: `where` names both, `reason` says why."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        self.where = f"{port}" if host == HOST else f"{port} of {host}"
        self.reason = error.strerror or str(error)
        self.number = error.errno
        super().__init__(f"port {self.where} cannot be used ({self.reason})")


def listening(port: int) -> list[socket.socket]:
    """Listening sockets of one port, or for 0 of any: 127.0.0.1, and ::1 if the machine has it. Raises PortError."""
    attempts = ATTEMPTS if port == 0 else 1
    while True:
        first = listening_at(socket.AF_INET, HOST, port)
        try:
            return [first, *listening_6(first.getsockname()[1])]
        except PortError:
            first.close()
            attempts -= 1
            if not attempts:
                raise


def listening_6(port: int) -> list[socket.socket]:
    """The socket of ::1; none on a machine without IPv6. Raises PortError for a port that is in use."""
    try:
        return [listening_at(socket.AF_INET6, HOST_6, port)]
    except PortError as error:
        if error.number in (errno.EADDRINUSE, errno.EACCES):
            raise
        return []


def listening_at(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    """A socket that listens on one address; connections wait until the server starts. Raises PortError."""
    try:
        # named as TCP because asyncio turns Nagle's algorithm off only on sockets that say so
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise PortError(host, port, error) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)  # until then, another program can bind the same port
    except OSError as error:
        listener.close()
        raise PortError(host, port, error) from error
    return listener

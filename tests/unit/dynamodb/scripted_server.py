"""A server on the loopback that answers as its script says, byte for byte, over TCP or TLS."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Sequence

Act = Callable[[socket.socket, bytes], None]  # the connection and the request it brought

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def say(data: bytes) -> Act:
    """Send `data`."""
    return lambda sock, _: sock.sendall(data)


def answer(body: bytes, status: int = 200, **headers: str) -> Act:
    """Send a whole, correct answer."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return say(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body)


def drip(data: bytes, pause: float, size: int = 1) -> Act:
    """Send `data` in pieces of `size` bytes, a pause before each."""

    def act(sock: socket.socket, _: bytes) -> None:
        for at in range(0, len(data), size):
            time.sleep(pause)
            sock.sendall(data[at : at + size])

    return act


def then(*acts: Act) -> Act:
    """One act after the other."""

    def act(sock: socket.socket, request: bytes) -> None:
        for one in acts:
            one(sock, request)

    return act


def echo(sock: socket.socket, request: bytes) -> None:
    """Answer with the request's own body."""
    answer(request.partition(b"\r\n\r\n")[2])(sock, request)


def hang(seconds: float) -> Act:
    """Say nothing for a while."""
    return lambda *_: time.sleep(seconds)


def reset(sock: socket.socket, _: bytes) -> None:
    """Break the connection off with a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def half_close(sock: socket.socket, _: bytes) -> None:
    """Say that nothing more will come, and stay."""
    sock.shutdown(socket.SHUT_WR)
    time.sleep(1)


class ScriptedServer:
    """`scripts[n]` is played on the n-th connection, the last one on all later ones: one act per request, then close.

    `requests` are the requests as they came, `connections` how many were accepted.
    """

    def __init__(
        self, *scripts: Sequence[Act], tls: ssl.SSLContext | None = None, family: int = socket.AF_INET
    ) -> None:
        self._scripts = scripts
        self._tls = tls
        self._lock = threading.Lock()
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                script = self._scripts[min(self.connections, len(self._scripts) - 1)]
                self.connections += 1
                self._open.append(sock)
            threading.Thread(target=self._play, args=(sock, script), daemon=True).start()

    def _play(self, sock: socket.socket, script: Sequence[Act]) -> None:
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            for act in script:
                request = read_request(sock)
                if request is None:
                    break
                with self._lock:
                    self.requests.append(request)
                act(sock, request)
            sock.close()
        except OSError:
            sock.close()


def read_request(sock: socket.socket) -> bytes | None:
    """One request, whole; None if the client left."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body

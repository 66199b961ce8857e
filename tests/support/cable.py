"""A way to a server that can be cut, as a network is."""

from __future__ import annotations

import contextlib
import socket
import threading


class Cable:
    """Listens on a free port of 127.0.0.1 and passes on all bytes. While it is cut, no connection lives."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.cut = False
        self.ends: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """End all connections, and accept none until `plug`."""
        self.cut = True
        for end in list(self.ends):
            _close(end)

    def plug(self) -> None:
        """Accept connections again."""
        self.cut = False

    def stop(self) -> None:
        """Cut it for good."""
        _close(self.listener)
        self.pull()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        if self.cut:
            return _close(near)
        try:
            far = socket.create_connection(self.target, 5)
        except OSError:
            return _close(near)
        far.settimeout(None)
        for one, other in ((near, far), (far, near)):
            self.ends.add(one)
            threading.Thread(target=self._pass, args=(one, other), daemon=True).start()
        if self.cut:  # it was pulled meanwhile
            self.pull()
        return None

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            self.ends.discard(end)
            _close(end)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # a thread that waits for it is woken by shutdown, not by close
        end.shutdown(socket.SHUT_RDWR)
    end.close()

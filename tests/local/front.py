"""A gateway on a free port of loopback, for as long as a test uses it."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Self

from local.gateway.rest_api import Gateway
from local.wire.server import Server

START_SECONDS = STOP_SECONDS = 10


class Front:
    """Serves `gateway` at `url` while it is entered."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(started)), daemon=True)
        self.thread.start()
        assert started.wait(START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(STOP_SECONDS)

    async def serve(self, started: threading.Event) -> None:
        """Answer until stopped."""
        self.loop, self.stopped = asyncio.get_running_loop(), asyncio.Event()
        server = Server(self.gateway)
        await server.start(self.listener)
        started.set()
        await self.stopped.wait()
        await server.stop(1)

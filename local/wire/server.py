"""HTTP/1.1 on asyncio and httptools: bytes in, `Request` out; `Response` in, bytes out. It knows no API Gateway.

Header names keep the case they were sent in, because API Gateway hands them on so.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from local.wire.connection import Application, Connection, Shared

IDLE_SECONDS = 75.0
SWEEP_SECONDS = 5.0


class Server:
    """Listens on its addresses until stopped."""

    def __init__(self, application: Application) -> None:
        self.shared = Shared(application)

    async def start(self, *sockets: Any) -> None:
        """Begin to answer on bound sockets."""
        loop = asyncio.get_running_loop()
        self.listeners = [
            await loop.create_server(lambda: Connection(self.shared), sock=sock, backlog=1024) for sock in sockets
        ]
        self.sweeper = loop.create_task(self.sweep())

    async def sweep(self) -> None:
        """Close connections on which nothing has happened for a while."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            oldest = time.monotonic() - IDLE_SECONDS
            for connection in list(self.shared.connections):
                if connection.seen < oldest and not connection.busy and not connection.body.held_up:
                    connection.close()

    async def stop(self, grace: float) -> None:
        """Take no new requests, give those under way `grace` seconds, close everything."""
        self.shared.closing = True
        for listener in self.listeners:
            listener.close()
        self.sweeper.cancel()
        for connection in list(self.shared.connections):
            if not connection.busy:
                connection.close()
        end = time.monotonic() + grace
        while self.shared.connections and time.monotonic() < end:
            await asyncio.sleep(0.02)
        for connection in list(self.shared.connections):
            connection.close()

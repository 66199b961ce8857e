"""HTTP/1.1 on asyncio and httptools: bytes in, `Request` out; `Response` in, bytes out. It knows no API Gateway.

Header names keep the case they were sent in, because API Gateway hands them on so.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from local.wire.bodies import return_large_blocks
from local.wire.connection import Application, Connection, Shared
from local.wire.loopback import BACKLOG

IDLE_SECONDS = 75.0
SWEEP_SECONDS = 5.0
FIRST_REQUEST_SECONDS = 0.5  # a stopping server waits this long for the first request of a new connection


class Server:
    """Listens on its addresses until stopped."""

    def __init__(self, application: Application) -> None:
        self.shared = Shared(application)

    async def start(self, *sockets: Any) -> None:
        """Begin to answer on bound sockets."""
        return_large_blocks()
        loop = asyncio.get_running_loop()
        self.listeners = [
            await loop.create_server(lambda: Connection(self.shared), sock=sock, backlog=BACKLOG) for sock in sockets
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
        end = time.monotonic() + grace
        self.sweeper.cancel()
        await self.stop_accepting()
        while self.shared.connections and time.monotonic() < end:
            self.close_idle()
            await asyncio.sleep(0.02)
        for connection in list(self.shared.connections):
            connection.close()

    async def stop_accepting(self) -> None:
        """Accept no more; what has been accepted becomes a connection, which a closed server forgets."""
        loop = asyncio.get_running_loop()
        for listener in self.listeners:
            for bound in listener.sockets:
                loop.remove_reader(bound.fileno())
        await asyncio.sleep(0.02)
        for listener in self.listeners:
            listener.close()

    def close_idle(self) -> None:
        """Close connections without a request, but for those whose client may be about to send its first."""
        newest = time.monotonic() - FIRST_REQUEST_SECONDS
        for connection in list(self.shared.connections):
            if connection.idle and (connection.used or connection.seen < newest):
                connection.close()

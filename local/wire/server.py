"""HTTP/1.1 on asyncio and httptools: bytes in, `Request` out; `Response` in, bytes out. It knows no API Gateway.

Header names keep the case they were sent in, because API Gateway hands them on so.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import httptools

from local.wire.bodies import SMALL, Bodies, Share
from local.wire.messages import Request, Response, declared_length, encoded, foreign_method, text

MAX_BODY = 10 * 1024 * 1024  # the limit of API Gateway; more is read, thrown away and marked.
MAX_DRAINED = 64 * 1024 * 1024  # bytes read of a body that is too large, before the connection is cut.
MAX_HEAD = 256 * 1024  # request line and headers; the limit of API Gateway itself is lower and is the gateway's
IDLE_SECONDS = 75.0
SWEEP_SECONDS = 5.0


Application = Callable[[Request], Awaitable[Response]]


class Server:
    """Listens on one address until stopped."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.connections: set[Connection] = set()
        self.closing = False
        self.bodies = Bodies()

    async def start(self, sock: Any) -> None:
        """Begin to answer on a bound socket."""
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(lambda: Connection(self), sock=sock, backlog=1024)
        self.sweeper = loop.create_task(self.sweep())

    async def sweep(self) -> None:
        """Close connections on which nothing has happened for a while."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            oldest = time.monotonic() - IDLE_SECONDS
            for connection in list(self.connections):
                if connection.seen < oldest and not connection.busy and not connection.held_up:
                    connection.close()

    async def stop(self, grace: float) -> None:
        """Take no new requests, give those under way `grace` seconds, close everything."""
        self.closing = True
        self.listener.close()
        self.sweeper.cancel()
        for connection in list(self.connections):
            if not connection.busy:
                connection.close()
        end = time.monotonic() + grace
        while self.connections and time.monotonic() < end:
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.close()


class Connection(asyncio.Protocol):
    """One client's connection: requests are answered one after another, in the order they came."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.parser = httptools.HttpRequestParser(self)
        self.waiting: deque[tuple[Request, bool, Share | None]] = deque()
        self.share: Share | None = None  # the body under way has it
        self.busy = False
        self.last = False
        self.seen = time.monotonic()
        self.in_message = False
        self.parts: list[bytes] = []
        self.resume: asyncio.Event | None = None

    @property
    def held_up(self) -> bool:
        """Whether the client is not read from because its body has to wait for room."""
        return self.share is not None and not self.share.granted

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.client = transport.get_extra_info("peername")[0]
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        self.last = True
        self.forget()
        if self.resume:
            self.resume.set()

    def pause_writing(self) -> None:
        self.resume = asyncio.Event()

    def resume_writing(self) -> None:
        if self.resume:
            self.resume.set()
            self.resume = None

    def data_received(self, data: bytes) -> None:
        self.seen = time.monotonic()
        if self.last:
            return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.last = True  # the following bytes are not HTTP; the request itself gets a response
        except (httptools.HttpParserError, ValueError) as error:
            self.refuse(error, data)

    def close(self) -> None:
        """Close without a response."""
        self.last = True
        self.transport.close()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self.in_message = True
        self.in_head = True
        self.target = b""
        self.headers: list[tuple[str, str]] = []
        self.head_size = 0
        self.parts = []
        self.size = self.declared = 0

    def on_url(self, url: bytes) -> None:
        self.target += url
        self.count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self.count(len(name) + len(value) + 4)
        if self.in_head:  # afterwards these are trailers, which nothing may read
            self.headers.append((name.decode("latin-1"), text(value)))

    def count(self, size: int) -> None:
        """Keep the head within what one request may cost."""
        self.head_size += size
        if self.head_size > MAX_HEAD:
            raise ValueError("head too large")

    def on_headers_complete(self) -> None:
        self.in_head = False
        self.declared = declared_length(self.headers)
        if any(name.lower() == "expect" and value.lower() == "100-continue" for name, value in self.headers):
            if self.declared > MAX_BODY:
                self.finish(too_large=True, keep=False)  # refused before it is sent
            else:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self.size += len(body)
        if max(self.size, self.declared) <= MAX_BODY:
            self.parts.append(body)
            if self.size > SMALL and self.share is None:
                self.reserve()
            return
        self.let_go()
        if self.size > MAX_DRAINED and self.in_message:
            self.finish(too_large=True, keep=False)

    def reserve(self) -> None:
        """Ask for the room of the whole body; read no more before it is granted."""
        self.share = self.server.bodies.ask(self.declared or MAX_BODY, self.transport.resume_reading)
        if not self.share.granted:
            self.transport.pause_reading()

    def let_go(self) -> None:
        """Drop the body that is being read."""
        self.parts = []
        self.release(self.share)
        self.share = None

    def release(self, share: Share | None) -> None:
        if share is not None:
            self.server.bodies.release(share)

    def forget(self) -> None:
        """Drop everything that has been read and not answered."""
        self.let_go()
        while self.waiting:
            self.release(self.waiting.popleft()[2])

    def on_message_complete(self) -> None:
        if self.in_message:
            self.finish(too_large=self.size > MAX_BODY, keep=bool(self.parser.should_keep_alive()))

    def finish(self, *, too_large: bool, keep: bool) -> None:
        """Queue the request that has been read."""
        self.in_message = False
        self.last = self.last or not keep
        method = self.parser.get_method().decode("latin-1")
        request = Request(
            method,
            text(self.target),
            self.headers,
            b"" if too_large else b"".join(self.parts),
            self.client,
            self.parser.get_http_version(),
            self.head_size,
            too_large,
        )
        if self.held_up:  # it was all there before it had to wait
            self.let_go()
            self.transport.resume_reading()
        share, self.share, self.parts = self.share, None, []
        self.queue(request, keep, share)

    def refuse(self, error: Exception, data: bytes) -> None:
        """Respond to bytes that this parser cannot read as HTTP; an unknown method is still a request."""
        if self.last:
            return
        self.last = True
        request = (
            foreign_method(data, self.client) if isinstance(error, httptools.HttpParserInvalidMethodError) else None
        )
        self.let_go()
        self.queue(request or Request("", "", [], b"", self.client, malformed=True), keep=False)

    def queue(self, request: Request, keep: bool, share: Share | None = None) -> None:
        """Answer now, or after the requests before it."""
        self.waiting.append((request, keep, share))
        if not self.busy:
            self.busy = True
            asyncio.get_running_loop().create_task(self.answer())

    async def answer(self) -> None:
        """Answer everything that waits."""
        while self.waiting:
            request, keep, share = self.waiting.popleft()
            try:
                response = await self.server.application(request)
            finally:
                request.body = b""  # a slow reader of the response keeps no body
                self.release(share)
            if self.resume:
                await self.resume.wait()
            if self.transport.is_closing():
                break
            keep = keep and not response.close and not self.server.closing
            self.transport.write(encoded(request, response, keep))
            self.seen = time.monotonic()
            if not keep:
                self.last = True
                self.forget()
                self.hang_up()
        self.busy = False

    def hang_up(self) -> None:
        """Close after the answer: the client still sending must be able to read it."""
        with contextlib.suppress(OSError, RuntimeError):
            if self.in_message and self.transport.can_write_eof():
                self.transport.write_eof()
                asyncio.get_running_loop().call_later(1.0, self.transport.close)
                return
        self.transport.close()

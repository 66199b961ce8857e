"""One client's connection: bytes in, requests to the application, responses out, in the order of the requests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from local.wire.bodies import Bodies, Intake, Share
from local.wire.messages import Request, Response, encoded
from local.wire.reader import Reader

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MOST_WAITING = 16  # requests of one client that wait for their turn, before it is not read from

Application = Callable[[Request], Awaitable[Response]]


@dataclass
class Shared:
    """The state that all connections of a server share. While it is `closing`, each ends with its next response."""

    application: Application
    connections: set[Connection] = field(default_factory=set)
    bodies: Bodies = field(default_factory=Bodies)
    closing: bool = False


class Connection(asyncio.Protocol):
    """One client's connection: requests are answered one after another, in the order they came."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.waiting: deque[tuple[Request, bool, Share | None]] = deque()
        self.busy = False
        self.used = False  # has had a request
        self.ended = False  # the client has closed its side
        self.invites = False  # a 100 Continue is due when the requests before it are answered
        self.seen = time.monotonic()
        self.resume: asyncio.Event | None = None

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.client = transport.get_extra_info("peername")[0]
        self.body = Intake(self.shared.bodies, self.flow)
        self.reader = Reader(self, self.body)
        self.shared.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.shared.connections.discard(self)
        self.reader.last = True
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
        self.reader.read(data)

    def eof_received(self) -> bool:
        """Whether the connection stays open: complete requests get their responses, an incomplete one gets none."""
        self.ended = True
        self.reader.end()
        return self.busy

    def flow(self) -> None:
        """Read from the client, unless it has to wait."""
        if self.body.held_up or len(self.waiting) >= MOST_WAITING:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    @property
    def idle(self) -> bool:
        """Whether no request is under way, neither one being read nor one being answered."""
        return not self.busy and not self.reader.unfinished

    def close(self) -> None:
        """Close without a response."""
        self.reader.last = True
        self.transport.close()

    # the reader's calls

    def receive(self, request: Request, keep: bool, share: Share | None) -> None:
        """Answer now, or after the requests before it."""
        self.used, self.invites = True, False
        self.waiting.append((request, keep, share))
        self.flow()
        if not self.busy:
            self.busy = True
            asyncio.get_running_loop().create_task(self.answer())

    def invite(self) -> None:
        """Ask for the body that the client holds back, after the responses before it."""
        if self.busy:
            self.invites = True
        else:
            self.transport.write(CONTINUE)

    # responses

    async def answer(self) -> None:
        """Answer everything that waits."""
        while self.waiting:
            request, keep, share = self.waiting.popleft()
            self.flow()
            try:
                response = await self.shared.application(request)
            finally:
                request.body = b""  # a slow reader of the response keeps no body
                self.shared.bodies.release(share)
            if self.resume:
                await self.resume.wait()
            if self.transport.is_closing():
                break
            keep = keep and not (response.close or self.shared.closing or (self.ended and not self.waiting))
            self.transport.write(encoded(request, response, keep))
            self.seen = time.monotonic()
            if not keep:
                self.reader.last = True
                self.forget()
                self.hang_up()
        self.busy = False
        if self.invites and not self.reader.last:
            self.invites = False
            self.transport.write(CONTINUE)

    def forget(self) -> None:
        """Drop everything that has been read and not answered."""
        self.body.let_go()
        while self.waiting:
            self.shared.bodies.release(self.waiting.popleft()[2])

    def hang_up(self) -> None:
        """Close after the answer: the client still sending must be able to read it."""
        with contextlib.suppress(OSError, RuntimeError):
            sending = self.reader.unfinished or not self.transport.is_reading()
            if sending and self.transport.can_write_eof():
                self.transport.write_eof()
                self.transport.resume_reading()
                asyncio.get_running_loop().call_later(1.0, self.transport.close)
                return
        self.transport.close()

"""One client's connection: bytes in, requests to the application, responses out, in the order of the requests."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httptools

from local.wire.bodies import MAX_BODY, MAX_DRAINED, Bodies, Intake, Share
from local.wire.heads import Head, HeadError, foreign_head, read_head, without_offer
from local.wire.messages import Request, Response, encoded

MAX_HEAD = 256 * 1024  # request line and headers; the limit of API Gateway itself is lower and is the gateway's
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

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
        self.parser = request_parser(self)
        self.waiting: deque[tuple[Request, bool, Share | None]] = deque()
        self.busy = False
        self.last = False  # nothing more is read
        self.ended = False  # the client has closed its side
        self.invites = False  # a 100 Continue is due when the requests before it are answered
        self.begun = 0
        self.seen = time.monotonic()
        self.in_message = False
        self.resume: asyncio.Event | None = None

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.client = transport.get_extra_info("peername")[0]
        self.body = Intake(self.shared.bodies, self.transport)
        self.shared.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.shared.connections.discard(self)
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
        while data and not self.last:
            data = self.parse(data)

    def eof_received(self) -> bool:
        """Whether the connection stays open: complete requests get their responses, an incomplete one gets none."""
        self.ended = self.last = True
        self.in_message = False
        self.body.let_go()
        return self.busy

    def parse(self, data: bytes) -> bytes:
        """Parse bytes of the client; the result is what to parse next."""
        begun = None if self.in_message else self.begun
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self.ignore_offer(data[upgrade.args[0] :])
        except (httptools.HttpParserError, ValueError) as error:
            self.refuse(error, data if begun == self.begun - 1 else b"")
        return b""

    def ignore_offer(self, rest: bytes) -> bytes:
        """The same request without its offer of another protocol, for a parser that has not stopped at the offer."""
        head = without_offer(self.method(), self.target, self.parser.get_http_version(), self.fields)
        self.parser = request_parser(self)
        return head + rest

    def close(self) -> None:
        """Close without a response."""
        self.last = True
        self.transport.close()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self.in_message = True
        self.begun += 1
        self.in_head = True
        self.target = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.head_size = 0
        self.body.begin()

    def on_url(self, url: bytes) -> None:
        self.target += url
        self.count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self.count(len(name) + len(value) + 4)
        if self.in_head:  # afterwards these are trailers, which nothing may read
            self.fields.append((name, value))

    def count(self, size: int) -> None:
        """Keep the head within what one request may cost."""
        self.head_size += size
        if self.head_size > MAX_HEAD:
            raise HeadError(f"the request line and headers are over {MAX_HEAD} bytes")

    def on_headers_complete(self) -> None:
        self.in_head = False
        method = self.method()
        if self.parser.should_upgrade() and method != "CONNECT":
            self.in_message = False  # it comes again without its offer
            return
        self.head = read_head(method, self.target, self.parser.get_http_version(), self.fields)
        self.body.declared = self.head.length
        if self.head.waits:
            self.invite()

    def method(self) -> str:
        """The method of the message that the parser reads."""
        return str(self.parser.get_method().decode("latin-1"))

    def invite(self) -> None:
        """Ask for the body that the client holds back, after the responses before it."""
        if self.head.length > MAX_BODY:
            self.finish(too_large=True, keep=False)  # refused before it is sent
        elif self.busy:
            self.invites = True
        else:
            self.transport.write(CONTINUE)

    def on_body(self, body: bytes) -> None:
        self.body.add(body)
        if self.body.size > MAX_DRAINED and self.in_message:
            self.finish(too_large=True, keep=False)

    def forget(self) -> None:
        """Drop everything that has been read and not answered."""
        self.body.let_go()
        while self.waiting:
            self.shared.bodies.release(self.waiting.popleft()[2])

    def on_message_complete(self) -> None:
        if self.in_message:
            keep = self.head.method != "CONNECT" and bool(self.parser.should_keep_alive())
            self.finish(too_large=self.body.size > MAX_BODY, keep=keep)

    def finish(self, *, too_large: bool, keep: bool) -> None:
        """Queue the request that has been read."""
        self.in_message = self.invites = False
        self.last = self.last or not keep
        body, share = self.body.take()
        self.queue(self.request(self.head, b"" if too_large else body, too_large=too_large), keep, share)

    def request(self, head: Head, body: bytes, *, too_large: bool = False) -> Request:
        """One request of this client."""
        return Request(
            head.method, head.target, head.headers, body, self.client, head.version, self.head_size, too_large
        )

    def refuse(self, error: Exception, data: bytes) -> None:
        """Respond to bytes that are not valid HTTP; `data` is them if they begin a message.

        An unknown method is still a request.
        """
        if self.last:
            return
        self.last = True
        head, reason = None, error.__context__ or error
        if isinstance(error, httptools.HttpParserInvalidMethodError):
            self.head_size = len(data)
            try:
                head = foreign_head(data)
            except HeadError as wrong:
                reason = wrong
        self.body.let_go()
        malformed = Request("", "", [], b"", self.client, malformed=f"not HTTP: {reason}")
        self.queue(self.request(head, b"") if head else malformed, keep=False)

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
                self.last = True
                self.forget()
                self.hang_up()
        self.busy = False
        if self.invites and not self.last:
            self.invites = False
            self.transport.write(CONTINUE)

    def hang_up(self) -> None:
        """Close after the answer: the client still sending must be able to read it."""
        with contextlib.suppress(OSError, RuntimeError):
            if self.in_message and self.transport.can_write_eof():
                self.transport.write_eof()
                asyncio.get_running_loop().call_later(1.0, self.transport.close)
                return
        self.transport.close()


def request_parser(connection: Connection) -> Any:
    """A parser that reports to a connection. It reads every version; `read_head` rejects those that are not 1.x."""
    parser = httptools.HttpRequestParser(connection)
    parser.set_dangerous_leniencies(lenient_version=True)
    return parser

"""Bytes of a client in, requests out. The request line is read here, headers and bodies by httptools.

httptools repairs white space in a request line. It knows methods of other protocols (RTSP, ICE), but not all of HTTP.
Therefore it gets only valid lines, with a method for which it has no special rules. Each call gives it the bytes of one
message, so that a response does not depend on the packets in which a request arrives.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import httptools

from local.wire.bodies import MAX_BODY, MAX_DRAINED, Intake, Share
from local.wire.heads import Head, HeadError, read_head, without_offer
from local.wire.lines import Ends, method_of
from local.wire.messages import Request

MAX_HEAD = 256 * 1024  # request line and headers; the limit of API Gateway itself is lower and is the gateway's
EMPTY_LINES = re.compile(rb"[\r\n]*")  # may come before a request (RFC 9112, 2.2)
PLAIN = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT"})
STAND_IN = b"POST"  # httptools reads it in place of all other methods


class Receiver(Protocol):
    """Gets the requests of one client."""

    client: str

    def receive(self, request: Request, keep: bool, share: Share | None) -> None:
        """Get one request; `keep`: the client may send another."""

    def invite(self) -> None:
        """Ask for the body that the client holds back."""


class Reader:
    """Reads the messages of one client."""

    def __init__(self, receiver: Receiver, body: Intake) -> None:
        self.receiver, self.body = receiver, body
        self.parser = request_parser(self)
        self.ends = Ends()
        self.line = b""  # a request line that is not complete
        self.in_message = self.in_head = False
        self.last = False  # nothing more is read

    def read(self, data: bytes) -> None:
        """Read bytes, one part of a message after another."""
        data, self.line, at = self.line + data, b"", 0
        try:
            while at < len(data) and not self.last:
                at = self.part(data, at) if self.in_message else self.begin(data, at)
        except (httptools.HttpParserError, ValueError) as error:
            self.refuse(error)

    def end(self) -> None:
        """The client sends no more; a message that is not complete counts for nothing."""
        self.last = True
        self.in_message, self.line = False, b""
        self.body.let_go()

    @property
    def unfinished(self) -> bool:
        """Whether the client is in the middle of a message."""
        return self.in_message or bool(self.line)

    def begin(self, data: bytes, start: int) -> int:
        """Begin a message if its request line is complete; the result is where to read on."""
        start = empty_lines(data, start)
        if start == len(data):
            return start
        self.in_message = self.in_head = True
        self.size = 0
        method = method_of(data, start)
        if not method:
            self.line, self.size = data[start:], len(data) - start
            self.check_size()
            self.in_message = False
            return len(data)
        self.method, self.target = method.decode(), b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.body.begin()
        return start if method in PLAIN else start + self.replace(method)

    def replace(self, method: bytes) -> int:
        """Let the parser read another method; the result is the length of the true one."""
        self.parser.feed_data(STAND_IN)
        self.size = len(method)
        return len(method)

    def part(self, data: bytes, start: int) -> int:
        """Read to the end of the head or the body, or of the data; the result is where that is."""
        if self.in_head or not self.head.length:
            end = self.ends.blank_line(data, start)
        else:
            end = min(len(data), start + self.head.length - self.body.size)
        self.size += end - start
        try:
            self.parser.feed_data(memoryview(data)[start:end])
        except httptools.HttpParserUpgrade:
            self.ignore_offer()
        self.check_size()
        return end

    def check_size(self) -> None:
        """Keep what costs memory or time without being a body within bounds. Raises HeadError."""
        if self.size > MAX_HEAD:
            what = "the request line and headers" if self.in_head else "the extensions of a chunk or the trailers"
            raise HeadError(f"{what} are over {MAX_HEAD} bytes")

    def ignore_offer(self) -> None:
        """Read the same head without its offer of another protocol, with a parser that has not stopped at the offer."""
        if self.last:
            return
        head = without_offer(self.method, self.target, self.parser.get_http_version(), self.fields)
        self.parser = request_parser(self)
        self.read(head)

    # httptools' callbacks

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:  # afterwards these are trailers, which nothing may read
            self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.check_size()
        self.head_size, self.size, self.in_head = self.size, 0, False
        if self.parser.should_upgrade() and self.method != "CONNECT":
            self.in_message = False  # it comes again without its offer
            return
        self.head = read_head(self.method, self.target, self.parser.get_http_version(), self.fields)
        self.body.declared = self.head.length
        if self.head.waits and self.head.length > MAX_BODY:
            self.finish(too_large=True, keep=False)  # refused before it is sent
        elif self.head.waits:
            self.receiver.invite()

    def on_body(self, body: bytes) -> None:
        self.size = 0
        self.body.add(body)
        if self.body.size > MAX_DRAINED and self.in_message:
            self.finish(too_large=True, keep=False)

    def on_message_complete(self) -> None:
        if self.in_message:
            self.size = 0
            keep = self.method != "CONNECT" and bool(self.parser.should_keep_alive())
            self.finish(too_large=self.body.size > MAX_BODY, keep=keep)

    # the results

    def finish(self, *, too_large: bool, keep: bool) -> None:
        """Hand the request on that has been read."""
        self.in_message = False
        self.last = self.last or not keep
        body, share = self.body.take()
        self.receiver.receive(self.request(self.head, b"" if too_large else body, too_large=too_large), keep, share)

    def request(self, head: Head, body: bytes, *, too_large: bool) -> Request:
        """One request of this client."""
        client = self.receiver.client
        return Request(head.method, head.target, head.headers, body, client, head.version, self.head_size, too_large)

    def refuse(self, error: Exception) -> None:
        """Hand on that the bytes are not valid HTTP, unless their request has been handed on."""
        if self.last:
            return
        self.last = True
        self.body.let_go()
        reason = error.__context__ or error
        malformed = Request("", "", [], b"", self.receiver.client, malformed=f"not HTTP: {reason}")
        self.receiver.receive(malformed, False, None)


def empty_lines(data: bytes, start: int) -> int:
    """The position after the empty lines at the start."""
    found = EMPTY_LINES.match(data, start)
    return found.end() if found else start


def request_parser(reader: Reader) -> Any:
    """A parser that reports to a reader. It reads every version; `read_head` rejects those that are not 1.x."""
    parser = httptools.HttpRequestParser(reader)
    parser.set_dangerous_leniencies(lenient_version=True)
    return parser

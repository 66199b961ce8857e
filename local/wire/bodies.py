"""The memory for bodies of requests: it is bounded, and the system gets it back.

A body of more than SMALL bytes reserves its whole size before the rest of it is read. A client whose body finds no room
is not read from until there is some. Therefore every body that has a share arrives whole.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections import deque
from collections.abc import Callable

MAX_BODY = 10 * 1024 * 1024  # the limit of API Gateway; more is read, thrown away and marked.
MAX_DRAINED = 64 * 1024 * 1024  # bytes read of a body that is too large, before the connection is cut.
ROOM = 40 * 1024 * 1024  # bytes of all large bodies together, from their arrival to their response.
SMALL = 128 * 1024  # a body of that many bytes never waits.
REST_SECONDS = 0.2  # without a large body, before memory is given back.
# Bytes; more than asyncio asks for with each read, 256 KB, because memory that is kept makes a read faster.
LARGE_BLOCK = 512 * 1024
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # in glibc's malloc.h
TINY = 1024  # bytes.


class Share:
    """The part of the room that one body takes, or waits for."""

    def __init__(self, size: int, go: Callable[[], None]) -> None:
        self.size, self.go = size, go
        self.granted = False


class Bodies:
    """Grants shares of the room in the order in which they are asked for."""

    def __init__(self, room: int | None = None) -> None:
        self.free = self.room = ROOM if room is None else room
        self.waiting: deque[Share] = deque()

    def ask(self, size: int, go: Callable[[], None]) -> Share:
        """A share for a body; `go` is called when a share that had to wait is granted."""
        share = Share(min(size, self.room), go)
        if not self.waiting and share.size <= self.free:
            self.grant(share)
        else:
            self.waiting.append(share)
        return share

    def grant(self, share: Share) -> None:
        share.granted = True
        self.free -= share.size

    def release(self, share: Share | None) -> None:
        """Take a share back, granted or not, and let those go on that fit now."""
        if share is None:
            return
        if share.granted:
            self.free += share.size
        elif share in self.waiting:
            self.waiting.remove(share)
        while self.waiting and self.waiting[0].size <= self.free:
            following = self.waiting.popleft()
            self.grant(following)
            following.go()
        if self.free == self.room:
            asyncio.get_running_loop().call_later(REST_SECONDS, self.rest)

    def rest(self) -> None:
        """Give memory back, unless large bodies are under way again."""
        if self.free == self.room:
            trim()


class Intake:
    """The body that a connection is reading. `declared` is its Content-Length, 0 when there is none.

    `flow` is called when `held_up` may have changed.
    """

    def __init__(self, bodies: Bodies, flow: Callable[[], None]) -> None:
        self.bodies, self.flow = bodies, flow
        self.share: Share | None = None
        self.begin()

    def begin(self) -> None:
        """Be ready for the next body."""
        self.parts: list[bytes | bytearray] = []
        self.size = self.declared = 0

    def add(self, data: bytes) -> None:
        """Keep a part of the body, unless the body is too large."""
        self.size += len(data)
        if max(self.size, self.declared) > MAX_BODY:
            self.let_go()
            return
        self.keep(data)
        if self.size > SMALL and self.share is None:
            self.reserve()

    def keep(self, data: bytes) -> None:
        """Tiny parts of a chunked body share a buffer, because each object costs more memory than they."""
        last = self.parts[-1] if self.parts else b""
        if len(data) >= TINY:
            self.parts.append(data)
        elif isinstance(last, bytearray):
            last += data
        else:
            self.parts.append(bytearray(data))

    def reserve(self) -> None:
        """Ask for the room of the whole body; read no more before it is granted."""
        self.share = self.bodies.ask(self.declared or MAX_BODY, self.flow)
        self.flow()

    def let_go(self) -> None:
        """Drop the body."""
        self.parts = []
        self.bodies.release(self.share)
        self.share = None

    def take(self) -> tuple[bytes, Share | None]:
        """The whole body and its share, which the caller releases."""
        body = b"".join(self.parts)
        if self.held_up:  # it was all there before it had to wait
            self.let_go()
            self.flow()
        share, self.share, self.parts = self.share, None, []
        return body, share

    @property
    def held_up(self) -> bool:
        """Whether the client is not read from because its body has to wait for room."""
        return self.share is not None and not self.share.granted


def c_function(name: str) -> Callable[..., object] | None:
    """A function of the C library; None where the library has no such function."""
    return getattr(ctypes.CDLL(None), name, None)


_trim, _set = c_function("malloc_trim"), c_function("mallopt")


def trim() -> None:
    """Return free memory to the system: glibc keeps what lies between blocks in use."""
    if _trim:
        _trim(0)


def return_large_blocks() -> None:
    """Have each large block returned to the system when it is freed.

    Otherwise glibc raises its thresholds with the largest block that it has seen. The memory of each thread then keeps
    twice that size.
    """
    if _set and _trim:
        _set(M_MMAP_THRESHOLD, LARGE_BLOCK)
        _set(M_TRIM_THRESHOLD, 2 * LARGE_BLOCK)

"""The memory for bodies of requests: it is bounded, and the system gets it back.

A body of more than SMALL bytes reserves its whole size before the rest of it is read. A client whose body finds no room
is not read from until there is some. Therefore every body that has a share arrives whole.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections import deque
from collections.abc import Callable

ROOM = 40 * 1024 * 1024  # bytes of all large bodies together, from their arrival to their response
SMALL = 128 * 1024  # a body of that many bytes never waits
REST_SECONDS = 0.2  # without a large body, before memory is given back


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

    def release(self, share: Share) -> None:
        """Take a share back, granted or not, and let those go on that fit now."""
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


def c_trim() -> Callable[[int], object] | None:
    """glibc's malloc_trim; None where the C library is another one."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


_trim = c_trim()


def trim() -> None:
    """Return free memory to the system: glibc keeps what lies between blocks in use."""
    if _trim:
        _trim(0)

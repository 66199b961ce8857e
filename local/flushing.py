"""Lines for people reach their files a moment after they were written, many of them in one write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

FLUSH_SECONDS = 0.05


class Flushing:
    """Calls all of `flushes` FLUSH_SECONDS after the first line that waits; while no line waits it does nothing.

    A clean end loses no line (`now`); SIGKILL loses at most the lines that waited.
    """

    def __init__(self, flushes: Sequence[Callable[[], None]]) -> None:
        self.flushes = flushes
        self.timer: asyncio.TimerHandle | None = None

    def soon(self) -> None:
        """A line waits. To be called on the event loop."""
        if self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.now)

    def now(self) -> None:
        """Let nothing wait."""
        if self.timer:
            self.timer.cancel()
        self.timer = None
        for flush in self.flushes:
            flush()

"""A queue or a stream may invoke a function often in a second: the console shows some, and how many more came."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

MOST = 10  # invocations of a function that are shown in SECONDS
SECONDS = 1.0


class Bursts:
    """Decides which invocations are quiet. `quiet` has their request ids: their log lines below WARNING are left out.

    `later(seconds, act)` calls `act` after that time, and `tell(function, number)` shows how many were left out.
    """

    def __init__(
        self,
        quiet: set[str],
        later: Callable[[float, Callable[[], None]], object],
        tell: Callable[[str, int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.quiet, self.later, self.tell, self.clock = quiet, later, tell, clock
        self.windows: dict[str, tuple[float, int]] = {}  # by function: begin, invocations
        self.left_out: Counter[str] = Counter()

    def begin(self, function: str, request_id: str) -> None:
        """An invocation begins."""
        now = self.clock()
        since, count = self.windows.get(function, (now, 0))
        if now - since >= SECONDS:
            since, count = now, 0
        self.windows[function] = since, count + 1
        if count >= MOST:
            self.quiet.add(request_id)

    def end(self, function: str, request_id: str, *, failed: bool) -> bool:
        """An invocation has ended; whether to show its line. A failure is always shown."""
        quiet = request_id in self.quiet
        self.quiet.discard(request_id)
        if not quiet or failed:
            return True
        if not self.left_out[function]:
            self.later(SECONDS, lambda: self.tell(function, self.left_out.pop(function)))
        self.left_out[function] += 1
        return False

"""The moment by which a request must be answered."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_TIME = 0.1  # seconds; with less left nothing is sent


class Deadline:
    """Counts down from the seconds given; `clock` is any monotonic clock in seconds."""

    __slots__ = ("_at", "_clock")

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock() + seconds

    def remaining(self) -> float:
        """Seconds left; negative once the deadline has passed."""
        return self._at - self._clock()

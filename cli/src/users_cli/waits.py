"""How long a request waits before it is sent again: as the server says, or longer with each attempt."""

from __future__ import annotations

import random
import threading
import time

FIRST_SECONDS = 0.25
MOST_SECONDS = 30.0
LONGEST_ASKED = 120.0  # a quota asks for hours: nobody waits for that


class Gate:
    """Holds all requests of one client back at once: a server that asks for patience asks all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def hold(self, seconds: float) -> None:
        """Let nothing pass for so long."""
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when requests may pass."""
        while (left := self._until - time.monotonic()) > 0:
            time.sleep(left)


def backoff(attempt: int) -> float:
    """Seconds before the attempt after this one, counted from 0. Full jitter, so that clients do not return at once."""
    return random.uniform(0, min(MOST_SECONDS, FIRST_SECONDS * 2.0**attempt))  # noqa: S311 - no secret


def asked(header: str | None) -> float | None:
    """The seconds of a Retry-After; None where there is none, or a date, which the API never sends."""
    return float(header) if header and header.isdecimal() else None

"""Waiting for AWS, with a line on the terminal that says for what and for how long."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 10.0  # seconds
EACH = 60.0  # seconds between lines where there is no terminal


def wait(what: str, ready: Callable[[], bool]) -> float:
    """Return when it is ready; the seconds that it took."""
    began = time.monotonic()
    pause, told = FIRST_PAUSE, began
    while not ready():
        now = time.monotonic()
        if sys.stderr.isatty():
            print(f"\r{what}: {now - began:,.0f} s ", end="", file=sys.stderr, flush=True)
        elif now - told > EACH:
            told = now
            print(f"{what}: {now - began:,.0f} s", file=sys.stderr, flush=True)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return time.monotonic() - began

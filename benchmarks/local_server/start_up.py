"""How long `make run` takes from the command to its first response, on empty tables."""

from __future__ import annotations

import time

from benchmarks.ground.figures import summary
from benchmarks.local_server.servers import run_command

STARTS = 5
LOOK_EVERY = 0.005  # seconds


def start_up() -> dict[str, float]:
    """Milliseconds of some starts: the median and what lies around it."""
    return summary([one_start() for _ in range(STARTS)])


def one_start() -> float:
    """One start, ended after its first response."""
    started = time.perf_counter()
    with run_command(LOOK_EVERY):
        return (time.perf_counter() - started) * 1e3

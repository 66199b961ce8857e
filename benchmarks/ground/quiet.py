"""Whether the machine was quiet enough for a run that is published."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from benchmarks.ground.figures import relative_spread

MOST_LOAD = 0.5  # per core, in the minute before the start
# Of the starts of the empty function: the middle half, as a share of the median. An idle machine showed 0.100 and
# 0.103, with ratios that differed by at most 3 %; a load of 0.75 per core showed 0.17.
MOST_SPREAD = 0.12


def load() -> float:
    """The load of the last minute. Ask before the run itself makes any."""
    return round(os.getloadavg()[0], 2)


def busy(machine: Mapping[str, Any]) -> bool:
    """Whether other work was running at the start."""
    return bool(machine["load_at_start"] > MOST_LOAD * machine["cores"])


def noise(found: Mapping[str, Any]) -> list[str]:
    """Why a run is too noisy to be published, one sentence each; nothing for a quiet one."""
    reasons = []
    if busy(found["machine"]):
        reasons.append(
            f"The machine was busy: its load at the start was {found['machine']['load_at_start']:g}, and {MOST_LOAD:g} "
            "per core is the most for a quiet run."
        )
    floor = found.get("floor_ms")
    if floor and relative_spread(floor) > MOST_SPREAD:
        reasons.append(
            f"The run was noisy: the middle half of the starts of the empty function spans "
            f"{relative_spread(floor):.0%} of the median, and {MOST_SPREAD:.0%} is the most for a quiet run."
        )
    return reasons

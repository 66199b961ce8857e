"""Medians and spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def summary(values: Sequence[float]) -> dict[str, float]:
    """The median and what lies around it."""
    ordered = sorted(values)
    return {
        "n": len(ordered),
        "min": at(ordered, 0),
        "p25": at(ordered, 0.25),
        "p50": at(ordered, 0.5),
        "p75": at(ordered, 0.75),
        "p99": at(ordered, 0.99),
        "max": at(ordered, 1),
    }


def at(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the ordered values lie (linear between neighbours)."""
    if not ordered:
        raise ValueError("no values")
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 6)


def relative_spread(found: Mapping[str, float]) -> float:
    """The middle half of the values as a share of their median."""
    return (found["p75"] - found["p25"]) / found["p50"] if found["p50"] else 0.0

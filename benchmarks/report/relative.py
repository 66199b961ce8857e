"""Figures as multiples of the empty function's, and peers with their versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.ground.figures import relative_spread
from benchmarks.peers.table import BY_NAME, FLOOR, Peer

Results = Mapping[str, Any]
SHOWN_FROM = 0.05  # a wider middle half is printed beside the median


def cold(results: Results, key: str) -> float:
    """How many times as long as the empty function a subject takes to its first response: the median of the pairs."""
    return float(cold_spread(results, key)["p50"])


def cold_spread(results: Results, key: str) -> Mapping[str, float]:
    """The same with its quartiles; the quotient of medians where a run did not compare in pairs."""
    subjects = results["subjects"]
    if "cold_over_empty" in subjects[key]:
        return dict(subjects[key]["cold_over_empty"])
    value = subjects[key]["cold_ms"]["p50"] / subjects[f"{FLOOR}.get"]["cold_ms"]["p50"]
    return dict.fromkeys(("p25", "p50", "p75"), value)


def multiple(found: Mapping[str, float] | None, digits: int = 2) -> str:
    """A multiple, with the middle half where it is wide enough to matter."""
    if not found:
        return "-"
    middle = f" ({found['p25']:.{digits}f}-{found['p75']:.{digits}f})" if relative_spread(found) > SHOWN_FROM else ""
    return f"{found['p50']:.{digits}f}{middle}"


def spread(found: Mapping[str, float] | None, digits: int = 1) -> str:
    """The median with the middle half."""
    if not found:
        return "-"
    return f"{found['p50']:.{digits}f} ({found['p25']:.{digits}f}-{found['p75']:.{digits}f})"


def versions(results: Results, name: str) -> str:
    """What a peer is built on, such as "boto3 1.44.5"; empty where the results do not tell."""
    known = results.get("versions", {})
    return ", ".join(f"{one} {known[one]}" for one in BY_NAME[name].named if one in known)


def labelled(results: Results, peer: Peer) -> str:
    """A peer with its versions."""
    told = versions(results, peer.name)
    return f"{peer.label} ({told})" if told else peer.label

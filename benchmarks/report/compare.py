"""Whether two runs agree: the same ratios within a stated tolerance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.ground.quiet import noise
from benchmarks.ground.text_tables import aligned
from benchmarks.report.relative import Results, cold_spread, multiple, versions

COLD, PROCESSOR, COUNTS = "cold / empty", "processor / empty", "cold instructions / empty"
TOLERANCE = {COLD: 0.10, PROCESSOR: 0.05, COUNTS: 0.01}  # how far two runs may lie apart, as a share of the smaller
SPREAD = ("p25", "p50", "p75")


@dataclass(frozen=True)
class Line:
    """One figure of two runs."""

    key: str
    figure: str
    first: dict[str, float]
    second: dict[str, float]

    @property
    def apart(self) -> float:
        """How far the medians lie apart, as a share of the smaller."""
        low, high = sorted((self.first["p50"], self.second["p50"]))
        return high / low - 1 if low else float(high > 0)

    @property
    def agrees(self) -> bool:
        """Whether that is within the tolerance."""
        return self.apart <= TOLERANCE[self.figure]


def lines(first: Results, second: Results) -> list[Line]:
    """Every figure that both runs have."""
    keys = [key for key in first["subjects"] if key in second["subjects"] and not key.startswith("empty.")]
    return [
        Line(key, name, mine, other)
        for key in sorted(keys)
        for (name, mine), (_, other) in zip(figures(first, key), figures(second, key), strict=True)
        if mine and other
    ]


def figures(results: Results, key: str) -> Iterator[tuple[str, dict[str, float]]]:
    """The ratios of a subject with their quartiles; empty where a run did not take one."""
    found, floor = results["subjects"][key], results["subjects"]["empty.get"]
    yield COLD, dict(cold_spread(results, key))
    yield PROCESSOR, found.get("processor_over_empty", {})
    counted = found.get("cold_instructions"), floor.get("cold_instructions")
    yield COUNTS, dict.fromkeys(SPREAD, counted[0] / counted[1]) if counted[0] and counted[1] else {}


def text(first: Results, second: Results) -> str:
    """The comparison as a table, with what makes the runs differ in kind."""
    rows = [["subject", "figure", "first", "second", "apart", "tolerance", "verdict"]]
    for line in lines(first, second):
        verdict = "agree" if line.agrees else "DIFFER"
        shown = [multiple(line.first), multiple(line.second), f"{line.apart:.1%}", f"{TOLERANCE[line.figure]:.0%}"]
        rows.append([line.key, line.figure, *shown, verdict])
    return "\n".join([*cautions(first, second), "", aligned(rows)]).lstrip()


def cautions(first: Results, second: Results) -> list[str]:
    """Why two runs may rightly differ."""
    found = [f"{name}: {reason}" for name, run in (("first", first), ("second", second)) for reason in noise(run)]
    pairs = [(name, versions(first, name), versions(second, name)) for name in first["packages"]]
    found += [f"{name}: {one} and {two}" for name, one, two in pairs if one and two and one != two]
    pythons = first["machine"]["python"], second["machine"]["python"]
    return found + ([f"CPython {pythons[0]} and {pythons[1]}"] if pythons[0] != pythons[1] else [])


def agree(first: Results, second: Results) -> bool:
    """Whether every figure agrees, and there is one."""
    compared = lines(first, second)
    return bool(compared) and all(line.agrees for line in compared)

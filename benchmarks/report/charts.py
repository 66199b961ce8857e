"""Bar charts as SVG, written by hand: no fonts or scripts fetched, readable on light and on dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from benchmarks.peers.table import BY_NAME
from benchmarks.report.relative import versions

WIDTH, LABEL, VALUE, ROW, TOP = 760, 250, 110, 40, 62
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .floor { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .bar { fill: #6e7681 }
    .ours { fill: #4493f8 }
    .floor { fill: #484f58 }
  }
"""


@dataclass(frozen=True)
class Bar:
    """One line of a chart."""

    label: str
    value: float
    kind: str  # ours, floor or bar
    versions: str = ""


TITLES = {
    "cold-start-get": "Cold start of GET /users/{userId}, to the first response",
    "cold-start-create": "Cold start of POST /users, to the first response",
    "memory": "Resident memory after GET requests",
    "warm-instructions-get": "Instructions of a warm GET /users/{userId}",
}


def all_of(results: Mapping[str, Any]) -> dict[str, str]:
    """Every chart the results have figures for, by file name without its ending."""
    drawn = {
        "cold-start-get": ("ms", bars(results, lambda found: found["cold_ms"]["p50"], "get")),
        "cold-start-create": ("ms", bars(results, lambda found: found["cold_ms"]["p50"], "create")),
        "memory": ("MB", bars(results, lambda found: found["resident_bytes"]["p50"] / 1e6, "get")),
    }
    if all("warm_instructions" in results["subjects"][f"{name}.get"] for name in COMPARED):
        drawn["warm-instructions-get"] = ("M", bars(results, lambda found: found["warm_instructions"] / 1e6, "get"))
    return {name: chart(TITLES[name], unit, lines, results) for name, (unit, lines) in drawn.items()}


COMPARED = (
    "empty",
    "ours",
    "botocore_client",
    "boto3_resource",
    "pynamodb_model",
    "chalice_app",
    "powertools",
    "powertools_parser",
    "fastapi_mangum",
)


def bars(results: Mapping[str, Any], figure: Any, operation: str) -> list[Bar]:
    """The floor, ours, and the peers."""
    found = []
    for name in COMPARED:
        key = f"{name}.get" if name == "empty" else f"{name}.{operation}"
        if key in results["subjects"]:
            kind = {"empty": "floor", "ours": "ours"}.get(name, "bar")
            value = float(figure(results["subjects"][key]))
            found.append(Bar(BY_NAME[name].label, value, kind, versions(results, name)))
    return found


def chart(title: str, unit: str, lines: list[Bar], results: Mapping[str, Any]) -> str:
    """One bar chart with its setting underneath."""
    largest = max(bar.value for bar in lines)
    height = TOP + ROW * len(lines) + 48
    rows = "\n".join(row(place, bar, unit, largest) for place, bar in enumerate(lines))
    note = (
        f"{results['date']}, {results['command']}, CPython {results['machine']['python']}, "
        f"{results['machine']['processor']}, median of {results['rounds']} rounds"
    )
    what = "A local harness with AWS's runtime client and a DynamoDB stub over TLS, not Lambda: the ratios carry over."
    spoken = "; ".join(f"{named(bar)} {bar.value:.1f} {unit}" for bar in lines)
    frame = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" aria-label="{escape(f"{title}: {spoken}")}">
<style>{STYLE}</style>
<text class="title" x="0" y="20">{escape(title)}</text>
<text class="small" x="0" y="40">{escape(unit)}, less is better</text>
{rows}
<text class="small" x="0" y="{height - 22}">{escape(note)}</text>
<text class="small" x="0" y="{height - 6}">{escape(what)}</text>
</svg>
"""


def named(bar: Bar) -> str:
    """What a bar stands for, with its versions."""
    return f"{bar.label} ({bar.versions})" if bar.versions else bar.label


def row(place: int, bar: Bar, unit: str, largest: float) -> str:
    """Label, bar, figure."""
    top = TOP + ROW * place
    length = max(2.0, (WIDTH - LABEL - VALUE) * bar.value / largest)
    figure = f"{bar.value:.2f}" if largest < 20 else f"{bar.value:.0f}"
    small = f'<text class="small" x="0" y="{top + 31}">{escape(bar.versions)}</text>' if bar.versions else ""
    return (
        f'<text x="0" y="{top + 12}">{escape(bar.label)}</text>'
        f"{small}"
        f'<rect class="{bar.kind}" x="{LABEL}" y="{top}" width="{length:.1f}" height="20" rx="3"/>'
        f'<text x="{LABEL + length + 8:.1f}" y="{top + 15}">{figure} {escape(unit)}</text>'
    )

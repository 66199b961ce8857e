"""The table of events: how soon a change has its effect."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.text_tables import markdown
from benchmarks.report.local_server import caution

Figures = dict[str, Any]


def rows(found: Figures) -> list[list[str]]:
    """One change alone, and a burst."""
    alone, burst = found["alone_ms"], found["burst"]
    sent = f"{burst['changes']:,} changes by {burst['clients']} clients"
    rates = [f"{burst[name]:.0f}" for name in ("changes_per_second", "effects_per_second")]
    return [
        ["what", "changes/s", "effects/s", "p50 ms", "p99 ms", "at most ms"],
        ["one change alone", "-", "-", *times(alone)],
        *others("one change alone", found.get("alone_effects_ms", {})),
        [sent, *rates, *times(burst["ms"])],
        *others(sent, found.get("burst_effects_ms", {})),
    ]


def others(what: str, effects: Figures) -> list[list[str]]:
    """The effects beside the entry in the audit trail."""
    return [[f"{what}: {name}", "-", "-", *times(figures)] for name, figures in effects.items()]


def times(figures: dict[str, float]) -> list[str]:
    """The cells of times."""
    return [f"{figures[name]:,.0f}" for name in ("p50", "p99", "max")]


def text(found: Figures) -> str:
    """For the document: the table and how it was taken."""
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks events` with `make run`, with mail and audit on,",
        f"client and server on the same {found['machine']['cores']} cores.",
        caution(found["machine"]),
    ]
    return markdown(rows(found)) + "\n\n" + " ".join(filter(None, sentences))

"""The table of live updates: how soon a change reaches a client that follows it."""

from __future__ import annotations

from typing import Any

from benchmarks.ground.text_tables import markdown
from benchmarks.report.events import times
from benchmarks.report.local_server import caution

Figures = dict[str, Any]


def rows(found: Figures) -> list[list[str]]:
    """The time of a message."""
    header = ["open connections", "changes, one after the other", "p50 ms", "p99 ms", "at most ms"]
    return [header, [f"{found['connections']:,}", f"{found['writes']:,}", *times(found["ms"])]]


def text(found: Figures) -> str:
    """For the document: the table and how it was taken."""
    sentences = [
        f"Measured {found['date']} by `python -m benchmarks live` with `make run`,",
        f"clients and server on the same {found['machine']['cores']} cores.",
        caution(found["machine"]),
    ]
    return markdown(rows(found)) + "\n\n" + " ".join(filter(None, sentences))

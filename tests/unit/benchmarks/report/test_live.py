"""The table of how soon a change reaches a client."""

from __future__ import annotations

from typing import Any

from benchmarks.report.live import rows, text

FOUND: dict[str, Any] = {
    "date": "2026-01-01",
    "machine": {"cores": 2, "load_at_start": 0.1},
    "connections": 1000,
    "writes": 300,
    "ms": {"p50": 12.4, "p99": 40.6, "max": 1234.5},
}


def test_the_times_of_a_message_are_a_row():
    assert rows(FOUND)[1:] == [["1,000", "300", "12", "41", "1,234"]]


def test_the_page_says_how_live_updates_were_measured():
    assert "Measured 2026-01-01 by `python -m benchmarks live`" in text(FOUND)
    assert "busy" not in text(FOUND)

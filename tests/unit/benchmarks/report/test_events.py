"""The table of how soon a change has its effect."""

from __future__ import annotations

from typing import Any

from benchmarks.report.events import rows, text

TIMES = {"p50": 12.4, "p99": 40.6, "max": 1234.5}
FOUND: dict[str, Any] = {
    "date": "2026-01-01",
    "machine": {"cores": 2, "load_at_start": 0.1},
    "alone_ms": TIMES,
    "burst": {"changes": 1000, "clients": 10, "changes_per_second": 150.2, "effects_per_second": 80.6, "ms": TIMES},
}


def test_a_change_alone_and_a_burst_are_a_row_each():
    assert rows(FOUND)[1:] == [
        ["one change alone", "-", "-", "12", "41", "1,234"],
        ["1,000 changes by 10 clients", "150", "81", "12", "41", "1,234"],
    ]


def test_each_other_effect_is_a_row_of_its_own():
    found = {**FOUND, "alone_effects_ms": {"email": TIMES}, "burst_effects_ms": {"webhook": TIMES}}
    assert [row[0] for row in rows(found)[1:]] == [
        "one change alone",
        "one change alone: email",
        "1,000 changes by 10 clients",
        "1,000 changes by 10 clients: webhook",
    ]


def test_the_page_says_how_the_events_were_measured():
    assert "Measured 2026-01-01 by `python -m benchmarks events`" in text(FOUND)
    assert "busy" not in text(FOUND)

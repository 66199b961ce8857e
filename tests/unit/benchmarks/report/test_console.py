"""The table of the console."""

from __future__ import annotations

from typing import Any

from benchmarks.report import console as report
from tests.unit.benchmarks.results import times

FOUND: dict[str, Any] = {
    "date": "2026-01-01",
    "machine": {"cores": 2, "load_at_start": 0.1},
    "rounds": 30,
    "files": 40,
    "bytes": 120_000,
    "requests": 43,
    "paint_ms": {"50000": times(120.0), "50": times(100.0)},
    "rows_ms": {"50000": times(420.0), "50": times(400.0)},
}


def test_each_part_has_its_times_at_each_number_of_users():
    head, paint, rows = report.rows(FOUND)
    assert head[1:] == ["50 users p50 ms", "50 users p99 ms", "50,000 users p50 ms", "50,000 users p99 ms"]
    assert paint == ["the first contentful paint", "100", "100", "120", "120"]
    assert rows == ["the first rows", "400", "400", "420", "420"]


def test_the_page_says_what_is_sent_and_how_it_was_measured():
    text = report.text(FOUND)
    assert "40 files with 120,000 bytes, without compression; it takes 43 requests" in text
    assert "Measured 2026-01-01 by `python -m benchmarks console`" in text
    assert "busy" not in text

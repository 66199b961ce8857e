"""The tables of the local server's searches."""

from __future__ import annotations

from typing import Any

from benchmarks.report import local_searches as report
from tests.unit.benchmarks.results import times

FOUND: dict[str, Any] = {
    "date": "2026-01-01",
    "machine": {"cores": 2, "load_at_start": 0.1},
    "page": 50,
    "rounds": 200,
    "first_s": {"50000": 4.04, "1000": 0.2},
    "pages_ms": {"by a word": {"50000": times(15.0), "1000": times(10.0)}},
    "found_ms": {"1000": {**times(80.0), "p99": 120.0}, "50000": times(90.0)},
}


def test_a_page_has_its_times_at_each_size_and_their_ratio():
    head, row = report.page_rows(FOUND)
    assert head[1:3] == ["1,000 users p50 ms", "1,000 users p99 ms"]
    assert row == ["by a word", "10.0", "10.0", "15.0", "15.0", "1.50"]


def test_the_time_until_a_user_is_found_has_a_row_for_each_size():
    assert report.found_rows(FOUND)[1:] == [["1,000", "3", "80", "120", "80"], ["50,000", "3", "90", "90", "90"]]


def test_the_page_says_how_it_was_measured_and_that_the_machine_was_busy():
    assert "Measured 2026-01-01 by `python -m benchmarks searches`" in report.text(FOUND)
    assert "which takes 0.2 s with 1,000 users and 4.0 s with 50,000 users." in report.text(FOUND)
    assert "busy" not in report.text(FOUND)
    assert "busy (load 3.8)" in report.text({**FOUND, "machine": {"cores": 2, "load_at_start": 3.8}})

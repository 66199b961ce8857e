"""The table of the local server with few and with many users."""

from __future__ import annotations

from typing import Any

from benchmarks.report.local_server import size_rows, size_text

LOAD = {"p50_ms": 1.25, "p99_ms": 20.0}
ONE: dict[str, Any] = {"list": LOAD, "get": LOAD, "mixed": LOAD, "start_s": 3.04, "resident_mb": 406.4}
FOUND: dict[str, Any] = {
    "date": "2026-01-01",
    "seconds": 5,
    "machine": {"cores": 2, "load_at_start": 0.1},
    "sizes": {"1000": ONE, "50000": ONE},
}


def test_a_size_is_one_row_with_its_latencies_start_and_memory():
    assert size_rows(FOUND)[-1] == ["50,000", "1.2", "20.0", "1.2", "20.0", "1.2", "20.0", "3.0", "406"]


def test_the_page_says_how_the_sizes_were_measured():
    assert "Measured 2026-01-01 by `python -m benchmarks sizes`: wrk, 5 s each" in size_text(FOUND)
    assert "busy" not in size_text(FOUND)


def test_the_page_says_that_the_machine_was_busy():
    busy = {**FOUND, "machine": {"cores": 2, "load_at_start": 3.8}}
    assert "The machine was busy (load 3.8): treat the figures as an indication." in size_text(busy)

"""The table of small GETs beside large bodies."""

from __future__ import annotations

from typing import Any

from benchmarks.report.local_server import body_rows, body_text

GET = {"requests_per_second": 1234.5, "p50_ms": 1.25, "p99_ms": 20.0, "not_2xx": 0, "failed": 0}
ALONE = {
    "sends": "nothing",
    "get": GET,
    "megabytes": 0,
    "answered": 0,
    "peak_mb": 32.4,
    "worker_mb": 0.0,
    "rest_mb": 32.1,
}
ONE = {
    "sends": "to a mock",
    "get": GET,
    "megabytes": 4,
    "answered": 14,
    "peak_mb": 64.4,
    "worker_mb": 35.8,
    "rest_mb": 33.1,
}
FOUND: dict[str, Any] = {
    "date": "2026-01-01",
    "seconds": 5,
    "clients": 4,
    "start_mb": 31.6,
    "machine": {"cores": 2, "load_at_start": 0.1},
    "cases": [ALONE, ONE],
}


def test_a_kind_of_body_is_one_row_with_the_latencies_of_the_gets_and_the_memory():
    assert body_rows(FOUND)[-1] == ["to a mock", "4", "14", "1,234", "1.2", "20.0", "64", "36", "33"]


def test_the_gets_alone_are_the_row_to_compare_with():
    assert body_rows(FOUND)[1] == ["nothing", "-", "-", "1,234", "1.2", "20.0", "32", "-", "32"]


def test_the_page_says_how_the_bodies_were_measured():
    text = body_text(FOUND)
    assert "Measured 2026-01-01 by `python -m benchmarks bodies`: one client sends GETs (wrk, 5 s) while 4" in text
    assert "The front end has 32 MB at its start." in text
    assert "busy" not in text

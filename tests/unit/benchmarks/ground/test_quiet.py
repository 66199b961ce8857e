"""A noisy run is told from a quiet one."""

from __future__ import annotations

import pytest

from benchmarks.ground import quiet


def run(load: float, low: float = 49.0, high: float = 51.0):
    floor = {"p25": low, "p50": 50.0, "p75": high}
    return {"machine": {"load_at_start": load, "cores": 2}, "floor_ms": floor}


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (run(0.1), 0),
        (run(1.0), 0),
        (run(1.01), 1),
        (run(0.1, 47.5, 53.0), 0),
        (run(0.1, 47.5, 54.0), 1),
        (run(9.0, 40.0, 60.0), 2),
    ],
)
def test_load_and_spread_make_a_run_noisy(found, reasons):
    assert len(quiet.noise(found)) == reasons


def test_a_run_without_starts_of_the_empty_function_is_judged_by_its_load():
    assert quiet.noise({"machine": {"load_at_start": 0.1, "cores": 2}}) == []

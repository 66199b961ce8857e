"""The block of the front page."""

from __future__ import annotations

from benchmarks.report import front
from tests.unit.benchmarks.results import results, times


def test_a_multiple_is_told_with_its_quartiles_where_they_are_wide():
    found = results()
    found["subjects"]["boto3_resource.get"]["cold_over_empty"] = {**times(7.6), "p25": 7.0, "p75": 8.0}
    assert front.multiple(found, "boto3_resource.get") == "7.6 (7.0 to 8.0)"
    assert front.multiple(found, "ours.get") == "1.4"


def test_a_noisy_run_says_so_on_the_front_page_too():
    found = results()
    assert "not quiet" not in " ".join(front.setting(found))
    found["machine"]["load_at_start"] = 3.0
    assert "not quiet" in " ".join(front.setting(found))

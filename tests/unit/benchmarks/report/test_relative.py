"""Multiples of the empty function's figures."""

from __future__ import annotations

from benchmarks.report import relative
from tests.unit.benchmarks.results import results, times


def test_quartiles_are_printed_where_they_lie_far_apart():
    assert relative.multiple({"p25": 7.55, "p50": 7.6, "p75": 7.7}) == "7.60"
    assert relative.multiple({"p25": 7.2, "p50": 7.6, "p75": 8.1}) == "7.60 (7.20-8.10)"
    assert relative.multiple(None) == "-"


def test_without_pairs_medians_are_compared():
    found = results()
    del found["subjects"]["ours.get"]["cold_over_empty"]
    found["subjects"]["ours.get"]["cold_ms"] = times(45.0)
    assert relative.cold(found, "ours.get") == 1.5


def test_versions_are_those_of_the_run():
    assert relative.versions(results(), "powertools") == "aws-lambda-powertools 3.37.0, boto3 1.44.5"
    assert relative.versions({}, "powertools") == ""
    assert relative.versions(results(), "empty") == ""

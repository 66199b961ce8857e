"""Medians and spread."""

from __future__ import annotations

import pytest

from benchmarks.ground.figures import at, summary


def test_a_summary_has_the_median_and_what_lies_around_it():
    found = summary([5.0, 1.0, 3.0, 2.0, 4.0])
    assert (found["n"], found["min"], found["p25"], found["p50"], found["p75"], found["max"]) == (5, 1, 2, 3, 4, 5)


def test_between_two_values_lies_their_mean():
    assert at([1.0, 2.0], 0.5) == 1.5


def test_the_99th_percentile_of_few_values_is_near_the_largest():
    assert at([1.0, 2.0, 100.0], 0.99) > 98


def test_no_values_have_no_summary():
    with pytest.raises(ValueError, match="no values"):
        summary([])

"""Two runs agree, or the figures that differ are named."""

from __future__ import annotations

import pytest

from benchmarks.report import compare
from tests.unit.benchmarks.results import results, times


def changed(key: str, **figures: object):
    found = results()
    found["subjects"][key] |= figures
    return found


def test_a_run_agrees_with_itself():
    assert compare.agree(results(), results())
    assert "DIFFER" not in compare.text(results(), results())


@pytest.mark.parametrize(
    ("figures", "agrees"),
    [
        ({"cold_over_empty": times(7.6)}, True),
        ({"cold_over_empty": times(7.8)}, False),
        ({"processor_over_empty": times(208 / 28 * 1.04)}, True),
        ({"processor_over_empty": times(208 / 28 * 1.06)}, False),
        ({"cold_instructions": 100.9e6}, True),
        ({"cold_instructions": 102e6}, False),
    ],
)
def test_figures_further_apart_than_the_tolerance_differ(figures, agrees):
    other = changed("boto3_resource.get", **figures)
    assert compare.agree(results(), other) == compare.agree(other, results()) == agrees
    lines = [line for line in compare.text(results(), other).splitlines() if "DIFFER" in line]
    assert [line.split()[0] for line in lines] == [] if agrees else ["boto3_resource.get"]


def test_what_one_run_did_not_count_is_not_compared():
    other = results()
    del other["subjects"]["boto3_resource.get"]["cold_instructions"]
    assert compare.agree(results(), other)


def test_runs_with_nothing_in_common_do_not_agree():
    assert not compare.agree(results(), {**results(), "subjects": {}})


def test_other_versions_and_noise_are_named():
    other = results()
    other["versions"] |= {"boto3": "9.9"}
    other["machine"]["load_at_start"] = 3.0
    said = compare.text(results(), other)
    assert "boto3_resource: boto3 1.44.5 and boto3 9.9" in said
    assert "second: The machine was busy" in said

"""Figures in the documents are those of the last measurements."""

from __future__ import annotations

import copy

import pytest

from benchmarks.report import front
from tests.docs import figures
from tests.docs.pages import ROOT


@pytest.mark.parametrize("name", figures.written())
def test_a_page_prints_what_was_measured(name):
    assert (ROOT / name).read_text(encoding="utf-8") == figures.written()[name], "run: python -m tests.docs.figures"


def test_another_measurement_changes_the_table():
    growth, prices = figures.load("results/growth.json"), figures.load("prices.json")["prices"]
    changed = copy.deepcopy(growth)
    for size in changed["sizes"].values():
        size["get"]["expected_reads"] = 2.0
    assert "| `GetItem` | 1 | 0 |" in figures.access_patterns(growth, prices)
    assert "| `GetItem` | 2 | 0 |" in figures.access_patterns(changed, prices)


def test_capacity_does_not_grow_with_the_table():
    """The page says that it is the same at each size."""
    sizes = figures.load("results/growth.json")["sizes"]
    assert len(sizes) == 3
    assert len({str(units) for units in sizes.values()}) == 1


QUIET = {"python": "3.13.0", "load_at_start": 0.1, "cores": 2}


def run(**changes):
    subjects = {key: {"cold_over_empty": {"p25": 9.9, "p50": 10.0, "p75": 10.1}} for key in front.SHOWN}
    subjects["ours.get"] = {"cold_over_empty": {"p25": 1.3, "p50": 1.3, "p75": 1.3}}
    whole = {"command": "make bench", "rounds": 11, "date": "2026-01-31", "machine": QUIET}
    return {**whole, "subjects": subjects, **changes}


def test_the_front_page_shows_a_whole_run():
    local = {"get": {"ours": {"10": {"requests_per_second": 2000.4}}, "gateway": {"10": {"requests_per_second": 300}}}}
    shown = front.front(run(), local)
    assert "| this project |  | 1.3 |\n| boto3 as tutorials write it |  | 10.0 |\n" in shown
    assert "Measured 2026-01-31 by `make bench`: medians of 11 interleaved rounds" in shown
    assert "ten clients read 2,000 users a second" in shown
    assert front.CHART in shown


@pytest.mark.parametrize("peers", [None, run(command="make bench-quick"), run(rounds=1)])
def test_the_front_page_shows_nothing_less(peers):
    assert front.front(peers, None) == ""

"""Generated blocks are replaced; the rest of a page stays."""

from __future__ import annotations

import re

import pytest

from benchmarks import charts, documents
from benchmarks import results as kept

PAGE = "before\n<!-- generated: goals -->\nold\n<!-- end: goals -->\nafter\n"


def test_a_block_is_replaced_and_its_marks_and_surroundings_stay():
    made = documents.filled(PAGE, {"goals": r"new \1"})
    assert made == PAGE.replace("old", r"new \1")


def test_filling_twice_changes_nothing():
    once = documents.filled(PAGE, {"goals": "new"})
    assert documents.filled(once, {"goals": "new"}) == once


measured = pytest.mark.skipif(not kept.load("peers"), reason="nothing has been measured yet")


@measured
def test_the_performance_page_and_the_charts_are_those_the_results_make():
    peers = kept.load("peers")
    page = documents.PERFORMANCE.read_text()
    assert page == documents.filled(page, documents.blocks(peers, kept.load("local"))), "run python -m benchmarks write"
    for name, picture in charts.all_of(peers).items():
        assert (documents.IMAGES / f"{name}.svg").read_text() == picture, f"{name}: run python -m benchmarks write"


@measured
def test_every_generated_block_of_the_page_is_known():
    marked = set(re.findall(r"<!-- generated: (\w+) -->", documents.PERFORMANCE.read_text()))
    assert marked <= set(documents.blocks(kept.load("peers"), kept.load("local")))

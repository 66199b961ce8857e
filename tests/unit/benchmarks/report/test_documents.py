"""The pages show what the results make."""

from __future__ import annotations

import pytest

from benchmarks.ground import results as kept
from benchmarks.report import charts, documents
from tools.marks import all_replaced, names

measured = pytest.mark.skipif(not kept.load("peers"), reason="nothing has been measured yet")


@measured
def test_the_performance_page_and_the_charts_are_those_the_results_make():
    peers = kept.load("peers")
    page = documents.PERFORMANCE.read_text()
    assert page == all_replaced(page, documents.blocks(peers, kept.load("local"))), "run python -m benchmarks write"
    for name, picture in charts.all_of(peers).items():
        assert (documents.IMAGES / f"{name}.svg").read_text() == picture, f"{name}: run python -m benchmarks write"


@measured
def test_every_generated_block_of_the_page_is_known():
    marked = set(names(documents.PERFORMANCE.read_text()))
    assert marked <= set(documents.blocks(kept.load("peers"), kept.load("local")))


@pytest.mark.parametrize(("load", "said"), [(1.0, ""), (3.42, " on a busy machine (load 3.42)")])
def test_the_cost_page_says_that_the_machine_was_busy(load, said):
    assert documents.on_a_busy_machine({"cores": 2, "load_at_start": load}) == said

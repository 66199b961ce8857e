"""Units, bytes and milliseconds become dollars."""

from __future__ import annotations

import pytest

from benchmarks.ground import results as kept
from benchmarks.report import cost, documents
from tests.unit.benchmarks.results import growth, results, times

BOOK = cost.prices()
SUBJECT = {
    "log_bytes": 0.0,
    "warm_processor_ms": times(0.5),
    "init_processor_ms": times(30.0),
    "cold_processor_ms": times(31.0),
}
GET = {"calls": ["GetItem"], "expected_reads": 1.0, "expected_writes": 0.0}


def test_a_million_reads_cost_what_the_parts_add_up_to():
    one = cost.cost(BOOK, GET, SUBJECT, platform_logs=False)
    assert (one.gateway, one.requests, one.database) == (3.50, 0.20, 0.125)
    assert one.total == pytest.approx(one.gateway + one.requests + one.compute + one.database + one.logs + one.traces)


def test_compute_is_whole_milliseconds_of_the_memory_a_function_has():
    assumed = {**BOOK["assumptions"], "cold_share": 0.0}
    assert cost.billed_ms(assumed, ["GetItem"], SUBJECT) == 8  # 0.5 ms at a seventh of a core, and 4 ms of waiting
    one = cost.cost({**BOOK, "assumptions": assumed}, GET, SUBJECT, platform_logs=False)
    assert one.compute == pytest.approx(8e-3 * 0.25 * 0.0000133334 * 1e6)


def test_cold_starts_are_billed_with_their_share():
    without = cost.billed_ms({**BOOK["assumptions"], "cold_share": 0.0}, ["GetItem"], SUBJECT)
    every = cost.billed_ms({**BOOK["assumptions"], "cold_share": 1.0}, ["GetItem"], SUBJECT)
    assert every == 41 > without


def test_lambdas_own_lines_and_the_functions_lines_are_paid_for():
    quiet = cost.cost(BOOK, GET, SUBJECT, platform_logs=False).logs
    lines = cost.cost(BOOK, GET, SUBJECT, platform_logs=True).logs
    loud = cost.cost(BOOK, GET, {**SUBJECT, "log_bytes": 1000.0}, platform_logs=False).logs
    assert lines == pytest.approx(quiet + len(cost.PLATFORM_LINES) * 0.5 / 1000)
    assert loud == pytest.approx(quiet + 0.5)


def test_a_mix_lies_between_its_parts():
    read = cost.cost(BOOK, GET, SUBJECT, platform_logs=False)
    write = cost.cost(BOOK, {**GET, "expected_writes": 4.0}, SUBJECT, platform_logs=False)
    assert cost.mix(BOOK, read, write).total == pytest.approx(0.8 * read.total + 0.2 * write.total)


def test_every_price_says_what_it_is_where_it_stands_and_when_it_was_seen():
    for price in BOOK["prices"].values():
        assert price["what"]
        assert price["source"].startswith("https://aws.amazon.com/")
        assert price["seen_on"].startswith("https://")
        assert price["seen"] == "undated" or "2025" <= price["seen"] <= BOOK["dated"]


def test_the_page_is_made_from_results_and_prices():
    page = documents.cost_page(results(), growth())
    assert "$0.625 per million" in page
    assert "| this project |" in page
    assert "{" not in page


@pytest.mark.skipif(not kept.load("peers") or not kept.load("growth"), reason="nothing has been measured yet")
def test_the_page_in_the_repository_is_the_one_the_results_make():
    assert documents.COST.read_text() == documents.cost_page(kept.load("peers"), kept.load("growth")), (
        "docs/reference/cost.md is out of date: run python -m benchmarks write"
    )


def test_each_operation_has_its_own_time_where_it_was_measured():
    found = results()
    assert documents.timed_as(found, "list, first page of 100") == "ours.get"
    assert documents.timed_as(found, "update of the email") == "ours.create"
    assert "a list uses the time of get" in documents.cost_page(found, growth())
    found["subjects"]["ours.list"] = found["subjects"]["ours.get"]
    assert documents.timed_as(found, "list, first page of 100") == "ours.list"
    assert "each of the five functions" in documents.cost_page(found, growth())

"""A search keeps to budgets of its own, at any number of users, and so does what keeps the index."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.capacity import population, searches
from benchmarks.capacity.memory import Memory
from benchmarks.cold_start import instructions, modules
from benchmarks.peers.packages import Package
from benchmarks.peers.table import EMPTY, OURS_SEARCHING, Subject
from benchmarks.stage.database import client_of, database
from benchmarks.stage.function import Machine
from tests.budgets.budgets import (
    INDEX_WRITES,
    SEARCH_GROWTH,
    SEARCH_INSTRUCTIONS,
    SEARCH_MODULES,
    SEARCH_STANDARD,
    SEARCHES,
    STANDARD,
)
from tests.budgets.test_modules import our_modules

FEW, MANY, VERY_MANY = 1_000, 10_000, 100_000
Figures = dict[str, Any]


@pytest.mark.parametrize("operation", SEARCH_MODULES)
def test_a_request_keeps_to_its_budget_of_modules(stage: Machine, ours: Package, empty: Package, operation: str):
    floor = set(modules.loaded(stage, Subject(EMPTY, "get"), empty))
    names = set(modules.loaded(stage, Subject(OURS_SEARCHING, operation), ours)) - floor
    strangers = names - STANDARD - SEARCH_STANDARD - our_modules()
    assert not strangers, f"{operation} loads {', '.join(sorted(strangers))}: not ours, and not in budgets"
    assert len(names) <= SEARCH_MODULES[operation], ", ".join(sorted(names))
    assert (operation == "search") == bool(names & SEARCH_STANDARD)


@pytest.mark.deep
@pytest.mark.needs("valgrind")
def test_a_request_keeps_to_its_budget_of_instructions(stage: Machine, ours: Package, empty: Package):
    floor = instructions.count(stage, Subject(EMPTY, "get"), empty)
    for operation, budget in SEARCH_INSTRUCTIONS.items():
        counted = instructions.count(stage, Subject(OURS_SEARCHING, operation), ours)
        cold, warm = (counted.cold - floor.cold) / 1e6, (counted.warm - floor.warm) / 1e6
        print(f"budgets: {operation} with search {cold:.1f} M cold and {warm:.3f} M warm instructions beyond empty")
        assert cold <= budget.cold, operation
        assert warm <= budget.warm, operation


def at(users: int) -> Figures:
    return searches.measured(Memory(users).call)


def over_budget(found: Figures) -> list[str]:
    """The kinds of search that read or call more than they may, or whose page ends early."""
    return [
        name
        for name, budget in SEARCHES.items()
        if found[name]["reads"] > budget.reads
        or any(count > budget.calls.get(call, 0) for call, count in found[name]["calls"].items())
        or found[name]["early"]
    ]


def grown(few: Figures, many: Figures) -> list[str]:
    """The kinds of search that read more, or suspiciously little, in a larger table."""
    least, most = SEARCH_GROWTH
    return [name for name in SEARCHES if not least <= many[name]["reads"] / few[name]["reads"] <= most]


@pytest.fixture(scope="module")
def few() -> Figures:
    return at(FEW)


@pytest.fixture(scope="module")
def many() -> Figures:
    return at(MANY)


def test_each_kind_of_search_has_a_budget():
    assert set(SEARCHES) == set(searches.cases())


def test_searches_keep_to_their_calls_and_units(few, many):
    assert over_budget(few) == over_budget(many) == []


def test_searches_read_as_much_among_many_users_as_among_few(few, many):
    assert grown(few, many) == []


def test_a_search_that_reads_more_is_noticed(few, many):
    more = {
        **many,
        "a word": {**many["a word"], "reads": 21.0},
        "newest first": {**many["newest first"], "early": True},
    }
    more["an email"] = {**many["an email"], "calls": {"Scan": 1}}
    assert over_budget(more) == ["a word", "newest first", "an email"]
    assert grown(few, more) == ["a word"]


@pytest.mark.deep
def test_searches_read_as_much_among_very_many_users(few):
    found = at(VERY_MANY)
    assert over_budget(found) == []
    assert grown(few, found) == []


def test_the_index_keeps_to_its_write_units():
    with database() as endpoint:
        client = client_of(endpoint)
        population.create(client)
        found = searches.written(client)
    assert {name: (one["writes"], one["of_indexes"]) for name, one in found.items()} == INDEX_WRITES
    assert all(one["calls"] == {"GetItem": 2, "TransactWriteItems": 1} for one in found.values())

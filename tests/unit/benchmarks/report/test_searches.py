"""The tables of searches and of what the index writes."""

from __future__ import annotations

from typing import Any

from benchmarks.report import searches as report


def one(reads: float, users: int, *, early: bool = False, **calls: int) -> dict[str, Any]:
    return {"calls": calls, "reads": reads, "users": users, "early": early}


FOUND: dict[str, Any] = {
    "sizes": {
        "10000": {
            "a word": one(19, 10, Query=8, BatchGetItem=1),
            "two words": one(202, 0, early=True, Query=46),
            "an email": one(2, 1),
        },
        "1000": {
            "a word": one(19, 10, Query=8, BatchGetItem=1),
            "two words": one(37, 10, Query=20),
            "an email": one(2, 1),
        },
    },
    "writes": {
        "a create": {"writes": 10.0, "of_indexes": 2.0, "items": {"head": 1, "word": 3, "counter": 1}},
        "a rename": {"writes": 16.0, "of_indexes": 3.0, "items": {"head": 1, "removed word": 3, "word": 4}},
    },
}


def test_a_search_has_its_units_at_each_size_and_its_most_calls():
    assert report.rows(FOUND)[:2] == [
        ["search", "DynamoDB calls at most", "1,000 users", "10,000 users"],
        ["a word", "8 Query + BatchGetItem", "19", "19"],
    ]


def test_a_page_that_ended_early_says_how_many_users_it_has():
    assert report.rows(FOUND)[2] == ["two words", "46 Query", "37", "202 (0)"]
    assert report.rows(FOUND)[3][2:] == ["2", "2"]


def test_the_units_of_a_change_are_explained_by_its_items_and_the_orders():
    assert report.write_rows(FOUND)[1:] == [
        ["a create", "head, 3 words, counter", "10", "2", "12"],
        ["a rename", "head, 3 removed words, 4 words", "16", "3", "19"],
    ]

"""The pages of a list are followed to the last one, and no further than they are asked for."""

from __future__ import annotations

from typing import Any

from dynamodb.pages import pages

ANSWERS: list[dict[str, Any]] = [
    {"Items": [1], "LastEvaluatedKey": "a"},
    {"Items": [], "LastEvaluatedKey": "b"},
    {"Items": [2]},
]


class Database:
    """Answers with three pages, the second of which is empty."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((operation, request))
        return ANSWERS[len(self.asked) - 1]


def test_each_page_continues_after_the_one_before():
    database, request = Database(), {"TableName": "T", "Limit": 1}
    assert list(pages(database, "Scan", request)) == ANSWERS
    starts = [asked.get("ExclusiveStartKey") for _, asked in database.asked]
    assert (starts, request) == ([None, "a", "b"], {"TableName": "T", "Limit": 1})
    assert {(operation, asked["TableName"]) for operation, asked in database.asked} == {("Scan", "T")}


def test_a_page_that_nobody_asks_for_is_not_read():
    database = Database()
    assert next(pages(database, "Query", {})) == ANSWERS[0]
    assert len(database.asked) == 1

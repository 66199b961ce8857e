"""The DynamoDB in memory answers searches as the emulator does: with the same calls, units and users."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from benchmarks.capacity import population, searches
from benchmarks.capacity.indexes import Ask
from benchmarks.capacity.memory import Memory
from benchmarks.stage.database import client_of, database
from search.finder import Finder, Place
from search.query import Query

USERS = 120
PAGE = 7
AT_MOST = 40  # pages


@pytest.fixture(scope="module")
def emulated() -> Iterator[Ask]:
    with database() as endpoint:
        client = client_of(endpoint)
        population.create(client)
        population.fill_users(client, USERS)
        population.fill_index(client, USERS)
        yield searches.asking(client)


@pytest.fixture(scope="module")
def remembered() -> Ask:
    return Memory(USERS).call


def test_each_search_has_the_same_calls_and_units(emulated, remembered):
    assert searches.measured(remembered) == searches.measured(emulated)


@pytest.mark.parametrize("name", searches.SEARCHES)
def test_each_search_has_the_same_pages(emulated, remembered, name):
    pages = [list(pages_of(ask, name)) for ask in (remembered, emulated)]
    assert pages[0] == pages[1]
    assert any(pages[0]), "the search finds nobody"


def pages_of(ask: Ask, name: str) -> Iterator[list[str]]:
    """The ids of each page of a search."""
    finder = Finder(ask, "Users", "UserKeys", population.TABLE, clock=time.time)
    place: Place | None = None
    for _ in range(AT_MOST):
        users, place = finder.page(Query(searches.SEARCHES[name]), PAGE, place)
        yield [user["userId"] for user in users]
        if place is None:
            return
    raise AssertionError("the search does not end")


def test_what_no_search_asks_is_refused(remembered):
    with pytest.raises(ValueError, match="no search calls Scan"):
        remembered("Scan", {"TableName": population.TABLE})
    request = {
        "TableName": population.TABLE,
        "KeyConditionExpression": "#shard = :shard",
        "ExpressionAttributeNames": {"#shard": "shard", "#place": "place"},
        "ExpressionAttributeValues": {},
        "ScanIndexForward": True,
        "Limit": 1,
    }
    with pytest.raises(ValueError, match="no search asks for #shard = :shard in UserSearch"):
        remembered("Query", request)

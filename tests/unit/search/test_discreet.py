"""No line of the log quotes a query or a user, whatever happens to a search: it is answered, refused, or fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from dynamodb.errors import Throttled
from search.cursors import PlaceCursors
from search.finder import Finder
from search.list_users import search_users
from search.parameters import PARAMETERS
from tests.support.events import Context, event
from tests.unit.search.conftest import Search
from utils.http import endpoint

EMAIL = "zaphod@betelgeuse.example"
SECRETS = ("zaphod", "beeblebrox", "betelgeuse")
FOUND = ("q=Zaphod+Beeble", f"email={EMAIL}", "domain=betelgeuse.example&sort=-name&minAge=1", "q=zaphod&sort=name")
REFUSED = (
    f"email={EMAIL}&q=zaphod",
    f"q=zaphod&lastKey={'Ag' + 'zaphod' * 20}",
    "q=zaphod&sort=beeblebrox",
    "zaphod=1",
)


class Quoting(Exception):
    """A fault whose text has all that was asked of the database."""


@pytest.fixture(autouse=True)
def _everything_is_heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CORS_ORIGIN", "*")


def answered(search: Search, query: str, failing: int = -1, fault: Exception | None = None) -> int:
    """The status of the response. The call to the database with the number `failing` fails."""
    numbers = iter(range(1000))

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if next(numbers) == failing and fault:
            raise fault from Quoting(repr(request))
        return dict(search.store.call(operation, request))

    tables, clock = search.store.tables, lambda: search.store.now
    finder = Finder(call, tables.users, tables.keys, search.table, clock)
    cursors = PlaceCursors(call, tables.keys, clock=clock, known={})
    handler = endpoint(
        search_users,
        parameters=PARAMETERS,
        users=lambda _: None,
        cursors=lambda _: None,
        searching=lambda _: lambda: (finder, cursors),
    )
    return int(handler(event("GET", "/users", query=query), Context())["statusCode"])


def lines(caplog: pytest.LogCaptureFixture) -> Iterator[str]:
    """All that the lines have, in lower case. Those of the tools that these tests use are not the function's."""
    for record in caplog.records:
        if record.name == "users_api":
            yield f"{record.getMessage()} {vars(record)}".lower()


def quoted(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in lines(caplog) if any(secret in line for secret in SECRETS)]


@pytest.fixture
def known(search: Search) -> Search:
    """A search that finds one user."""
    search.create(name="Zaphod Beeblebrox", email=EMAIL, age=200 - 150)
    return search


def test_what_is_found_or_refused_is_not_in_the_log(known, caplog):
    assert [answered(known, query) for query in FOUND] == [200] * len(FOUND)
    assert [answered(known, query) for query in REFUSED] == [400] * len(REFUSED)
    assert list(lines(caplog)) == []


@pytest.mark.parametrize("query", FOUND)
def test_a_fault_is_told_without_the_query(known, caplog, query):
    statuses = {}
    for fault in (Throttled("ThrottlingException"), Quoting(EMAIL)):
        for failing in range(2):
            statuses[type(fault), failing] = answered(known, query, failing, fault)
    assert sorted(statuses.values()) == [500, 500, 503, 503]
    assert len(list(lines(caplog))) == len(statuses)
    assert quoted(caplog) == []

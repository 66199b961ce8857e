"""Pages: full while there is more, bounded in work, and no user twice while others write."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from search import walk
from search.entries import EMAIL, END, NAME
from search.finder import Place
from search.query import Query
from tests.unit.search.conftest import Search, searching
from users.model import Changes
from utils.preconditions import precondition

NO_CONDITION = precondition({})
SORTS = ("", "createdAt", "-createdAt", "name", "-name")


def filled(search: Search, count: int = 24) -> list[str]:
    return [search.create(name=f"Mar{chr(97 + n % 7)} Name{n:02}", age=n + 1) for n in range(count)]


@pytest.fixture(scope="module")
def full(emulator, client) -> Iterator[Search]:
    """Users that no test changes."""
    with searching(emulator, client) as search:
        filled(search)
        search.store.now += 1
        yield search


def given(sort: str) -> dict[str, str]:
    return {"sort": sort} if sort else {"q": "mar"}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [5, 24, 25])
def test_pages_are_full_and_the_last_says_so(full, sort, limit):
    after, sizes = None, []
    for _ in range(30):
        users, after = full.page(limit, after, **given(sort))
        sizes.append(len(users))
        if after is None:
            break
    assert sum(sizes) == 24
    assert set(sizes[:-1]) <= {limit}
    assert sizes[-1] > 0


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_that_is_worn_out_goes_on(full, sort, monkeypatch):
    """Few of the users match, so that pages end by their work: short or empty, each further than the one before."""
    monkeypatch.setattr(walk, "MOST_EXAMINED", 4)
    monkeypatch.setattr(walk, "RATHER_FEW", 0)
    after, sizes, found = None, [], []
    for _ in range(40):
        users, after = full.page(3, after, minAge=20, **given(sort))
        sizes.append(len(users))
        found += [user["userId"] for user in users]
        if after is None:
            break
    assert after is None
    assert len(found) == len(set(found)) == 5
    assert min(sizes[:-1]) < 3


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(1, 30))])
def test_a_walk_has_every_user_once_while_others_write(search, sort, seed):
    """Those that are renamed meanwhile too: all match throughout."""
    ids = filled(search, 16)
    chance = random.Random(seed)
    search.store.now += 1
    after, found = None, []
    while True:
        users, after = search.page(2, after, **given(sort))
        found += [user["userId"] for user in users]
        if after is None:
            break
        search.store.now += 1
        user_id = chance.choice(ids[::4])
        new = {"name": f"Mar{chance.choice('az')} {chance.random()}"} if chance.random() < 0.6 else {"age": 77}
        search.store.users.update(user_id, Changes(new), NO_CONDITION)
        search.index.follow(user_id)
        if chance.random() < 0.3:
            search.create(name="Marz Newcomer")
    assert len(found) == len(set(found))
    assert set(ids) <= set(found)


def test_a_user_that_changed_and_was_not_followed_is_shown_as_it_is_or_not_at_all(search):
    stays, goes, gone = (search.create(name=f"Maria {n}") for n in range(3))
    search.store.users.update(goes, Changes({"name": "Zoe"}), NO_CONDITION)
    search.store.users.update(stays, Changes({"name": "Maria New"}), NO_CONDITION)
    search.store.users.delete(gone, NO_CONDITION)
    users, _ = search.page(q="maria")
    assert [user["name"] for user in users] == ["Maria New"]


def test_an_index_that_has_what_nobody_is_finds_nobody(search):
    """A wrong entry is never an answer."""
    search.create(name="Maria")
    for item in search.items():
        if END in item["place"]:
            place = item["place"][:-36] + "00000000-0000-4000-8000-000000000000"
            search.store.put(search.table, {**item, "place": place})
    assert len(search.walk(q="maria")) == 1
    assert {item["shard"].split("#")[1] for item in search.items()} >= {NAME, EMAIL}


def test_the_reads_of_a_page_are_bounded(full):
    calls = []
    search = full
    searching = type(search.finder)(
        lambda operation, request: calls.append(operation) or search.store.call(operation, request),
        search.store.tables.users,
        search.store.tables.keys,
        search.table,
        clock=lambda: search.store.now,
    )
    searching.page(Query({"q": "mar"}), 5, None)
    assert calls.count("Query") <= 8 + 4
    assert calls.count("BatchGetItem") <= 2


def test_a_position_behind_everything_is_the_end(full):
    assert full.page(5, Place("2027-01-01T00:00:00.000Z", (3, "zzz")), q="mar") == ([], None)

"""A page skips entries whose users cannot match, and no others. Walks find what the other way does, and read little."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from dynamodb.values import to_item
from search import skipping, walk
from search.entries import head_of, said_of, words_in
from search.finder import Finder, Place
from search.query import Beginning, Query
from search.words import SERVED
from tests.unit.search import oracle
from tests.unit.search.memory import Memory
from users.user import User

FIRST = ("Mara", "Maria", "Mark", "Zoe", "Zora")
LAST = ("Schmidt", "Schulz", "Zorn", "Maria", "Schmidtke")
LOCALS = ("info", "schmidt", "mark", "x")
DOMAINS = ("example.com", "schmidt.org")
QUERIES: tuple[dict[str, Any], ...] = (
    *({"q": "schmidt mark"}, {"q": "schmidt zo"}, {"q": "sch mark"}, {"q": "maria sch"}, {"q": "mark zorn"}),
    *({"q": "schmidt mark zo"}, {"q": "schmidt", "domain": "example.com"}, {"q": "info", "domain": "schmidt.org"}),
    *({"q": "schmidt", "sort": "name"}, {"q": "zo", "sort": "-name"}, {"q": "mark schm", "sort": "-name"}),
    *({"domain": "schmidt.org", "sort": "name"}, {"domain": "example.com", "sort": "-name", "q": "mark"}),
)
NEW: Any = {"placedAt": "", "namedAt": ""}
TIME = "2026-01-01T00:00:00.000Z"


@pytest.fixture(autouse=True)
def followed(monkeypatch) -> None:
    """No word is read whole, so that each walk follows its order."""
    monkeypatch.setattr(walk, "FEW", 0)
    monkeypatch.setattr(walk, "RATHER_FEW", 0)


class World:
    """Users in an index in memory. `read` counts the entries that were read, and `calls` the calls."""

    def __init__(self, users: list[User]) -> None:
        self.users, self.read, self.calls = users, 0, 0
        self._memory = Memory(lambda: 0.0, lambda: 0.0)
        actions = []
        for user in users:
            self._memory.call("PutItem", {"TableName": "Users", "Item": to_item({**user, "version": 1})})
            said = said_of(user)
            items = [head_of(said, NEW, 1), *words_in(said, NEW).values()]
            actions += [{"Put": {"TableName": "Search", "Item": to_item(item)}} for item in items]
        for start in range(0, len(actions), 100):
            self._memory.call("TransactWriteItems", {"TransactItems": actions[start : start + 100]})

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._memory.call(operation, request)
        self.calls += 1
        self.read += len(answer.get("Items", ()))
        return answer

    def pages(self, given: dict[str, Any], limit: int) -> Iterator[list[User]]:
        finder = Finder(self.call, "Users", "", "Search", clock=lambda: 1.8e9)
        after: Place | None = None
        for _ in range(len(self.users) + 1):
            users, after = finder.page(Query(given), limit, after)
            yield users
            if after is None:
                return
        raise AssertionError("the walk does not end")

    def walk(self, given: dict[str, Any], limit: int) -> list[str]:
        return [user["userId"] for page in self.pages(given, limit) for user in page]


def person(chance: random.Random, number: int, name: str = "") -> User:
    members = {
        "userId": f"{number:08}-0000-4000-8000-{chance.getrandbits(39):012}",
        "name": name or f"{chance.choice(FIRST)} {chance.choice(LAST)}",
        "email": f"{chance.choice(LOCALS)}@{chance.choice(DOMAINS)}",
    }
    return User({**members, "createdAt": TIME, "updatedAt": TIME}, 1)


def people(seed: int, count: int) -> list[User]:
    chance = random.Random(seed)
    return [person(chance, number) for number in range(count)]


@pytest.mark.parametrize("given", QUERIES, ids=str)
@pytest.mark.parametrize("seeks", [skipping.MOST_SEEKS, 5])
def test_a_walk_finds_what_the_other_way_finds(given, seeks, monkeypatch):
    monkeypatch.setattr(skipping, "MOST_SEEKS", seeks)
    for seed in range(4):
        world = World(people(seed, 90))
        assert world.walk(given, limit=1 + 3 * seed) == oracle.in_order(world.users, given), seed


@pytest.mark.parametrize("sort", [{}, {"sort": "name"}, {"sort": "-name"}], ids=str)
def test_a_page_reads_little_of_what_cannot_match(sort):
    """Some have both words, and are in the middle of very many that have one of them."""
    chance = random.Random(1)
    names = [f"{'Mark' if n % 2 else 'Zora'} {'Smith' if n % 3 else 'Schmidt'}" for n in range(1_200)]
    names[600:620] = ["Paul Schmidt"] * 20
    world = World([person(chance, number, name) for number, name in enumerate(names)])
    found = next(world.pages({"q": "schmidt paul", **sort}, 10))
    assert [user["name"] for user in found] == ["Paul Schmidt"] * 10
    assert (world.read, world.calls) < (120, 50)


@pytest.mark.parametrize(("beginning", "possible"), [("mari", True), ("mar", True), ("ma", False), ("zz", True)])
def test_a_beginning_of_many_words_is_not_skipped_by(beginning, possible):
    """To look up each of the words would be more work than to read on. A word that nobody has ends the search."""
    places = [f"{word}\0name" for word in ("mara", "maria", "mark", "max")]

    def seek(partition: str, low: str, high: str, _backward: bool) -> str | None:
        assert "#ma#" in partition or beginning == "zz"
        return next((place for place in places if "#n#" in partition and low <= place <= high), None)

    made = skipping.Skipping(seek, SERVED, [Beginning(beginning)], backward=False)
    assert made.is_possible() is possible
    assert made.next("0", "name") == (None if beginning == "zz" else "name")


def test_the_look_ups_of_a_page_are_bounded(monkeypatch):
    """Each second name matches, so that a look-up skips one name."""
    monkeypatch.setattr(skipping, "MOST_SEEKS", 20)
    chance = random.Random(2)
    world = World([person(chance, n, f"{n:04} {'Schmidt' if n % 2 else 'Zorn'}") for n in range(800)])
    next(world.pages({"q": "schmidt", "sort": "name"}, 100))
    assert world.calls < 20 + 8 + 30

"""A walk shows nobody twice, and misses nobody who was there and matched throughout, even if renamed meanwhile."""

from __future__ import annotations

import subprocess
import sys
import uuid
from typing import Any

import pytest

from dynamodb.values import to_item
from search import walk
from search.history import MOST_EARLIER, SETTLE_SECONDS
from search.index import WRITE_SECONDS
from tests.support.server import ROOT
from tests.unit.search.conftest import Search
from tests.unit.search.memory import Memory
from tests.unit.search.walks import LAG, MOST_MOVES, SKEW, WRITE, Walker, World
from users.user import User
from utils.timestamps import rfc3339

QUICK, DEEP = 120, 12_000


@pytest.fixture(params=[(walk.FEW, walk.RATHER_FEW), (0, 0)], ids=["few", "many"])
def few(request, monkeypatch) -> None:
    """With 0, each search walks through its order, and reads no word whole."""
    monkeypatch.setattr(walk, "FEW", request.param[0])
    monkeypatch.setattr(walk, "RATHER_FEW", request.param[1])


def in_memory(world: World) -> World:
    memory = Memory(world.time, world.lag)
    return world.use(memory.call, "Users", "Search")


@pytest.mark.parametrize("seeds", [range(QUICK), pytest.param(range(QUICK, DEEP), marks=pytest.mark.deep)])
def test_a_walk_shows_nobody_twice_and_misses_nobody(few, seeds):
    checked = sum(in_memory(World(seed)).run(people=7, steps=26).checked for seed in seeds)
    assert checked > 10 * len(seeds), "the walks had hardly anybody to show"


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(20, DEEP // 4), marks=pytest.mark.deep)])
def test_a_walk_shows_nobody_twice_who_moves_more_often_than_the_index_remembers(few, seeds):
    for seed in seeds:
        in_memory(World(seed, many=True)).run(people=3, steps=60)


def test_the_same_walks_on_the_emulator_show_the_same(few, search: Search):
    """The database in memory is one: without its lag, it gives the same pages."""
    for seed in range(2):
        for name in (search.table, search.store.tables.users):
            emptied(search, name)
        real = World(seed).use(search.store.call, search.store.tables.users, search.table, mark=uuid.uuid4().hex[:20])
        quick = World(seed)
        quick.use(Memory(quick.time, lambda: 0.0).call, "Users", "Search")
        pages = [[walk.shown for walk in world.run(people=5, steps=16).walks] for world in (real, quick)]
        assert pages[0] == pages[1]
        assert sum(map(len, pages[0])) > 5


def emptied(search: Search, table: str) -> None:
    keys = ("shard", "place") if table == search.table else ("userId",)
    for item in search.store.items(table):
        search.store.call("DeleteItem", {"TableName": table, "Key": to_item({name: item[name] for name in keys})})


class Quiet(World):
    """A world in which nothing happens by itself, and users have one letter as their id."""

    def named(self, letter: str, name: str, after: float = 0) -> None:
        """Give a user a name, and let some time go by."""
        user_id, time = full_id(letter), rfc3339(self.now)
        before = self.users.get(user_id)
        members = {"userId": user_id, "email": "x@example.com", "createdAt": time, **(before or {})}
        self._follow(User({**members, "name": name, "updatedAt": time}, 1), user_id)
        self.now += after

    def begin(self, **query: str) -> Walker:
        """A walk by pages of one user, which has read the first one."""
        made = Walker(self, query, 1)
        made.page()
        return made

    def _slowly(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call(operation, request))


def full_id(letter: str) -> str:
    return f"{letter * 8}-0000-4000-8000-000000000000"


def shown(walker: Walker) -> str:
    """The letters of the users that a walk shows to its end."""
    while not walker.ended:
        walker.page()
    return "".join(each[0] for each in walker.shown)


@pytest.fixture
def quiet() -> Quiet:
    world = Quiet(0)
    in_memory(world)
    for letter, name in zip("ace", ("Mara", "Marc", "Mare"), strict=True):
        world.named(letter, f"{name} X", after=1)
    return world


@pytest.mark.parametrize("query", [{"q": "mar"}, {"sort": "name"}, {"q": "mar", "sort": "name"}])
@pytest.mark.parametrize(("name", "new"), [("Marb X", "Marz X"), ("Marz X", "Marb X")])
def test_a_user_that_moves_in_either_direction_is_shown_where_it_was(few, quiet, query, name, new):
    quiet.named("f", name, after=60)
    walker = quiet.begin(**query)
    before = shown(quiet.begin(**query))
    quiet.named("f", new, after=60)
    assert shown(walker) == before
    assert shown(quiet.begin(**query)) != before


def test_a_user_that_begins_to_match_is_found_at_once(few, quiet):
    """Its new version counts for walks that begin some seconds later, but no earlier one is found by this one."""
    quiet.named("f", "Zoe X", after=60)
    quiet.named("f", "Marz X")
    assert shown(quiet.begin(q="marz")) == "f"


def test_the_longest_versions_are_remembered(few, quiet):
    """The walk began in a version of an hour, and the user moved seven times since then."""
    quiet.named("f", "Zoe X", after=60)
    quiet.named("f", "Marb X", after=3600)
    walker = quiet.begin(q="mar")
    for number in range(7):
        quiet.named("f", f"Marz {'abcdefg'[number]}", after=10)
    assert shown(walker) == "afce"


def test_a_user_that_a_forgotten_version_may_have_shown_is_left_out(few, quiet):
    """The walk began when the user did not match, and showed it in a version of ten seconds."""
    quiet.named("f", "Zoe X", after=3600)
    walker = quiet.begin(q="mar")
    quiet.named("f", "Marb X", after=10)
    walker.page()
    assert walker.shown[-1] == full_id("f")
    for name in ("Zoe A", "Zoe B", "Zoe C"):
        quiet.named("f", name, after=3600)
    quiet.named("f", "Marz X", after=60)
    assert shown(walker) == "afce"


def test_an_expired_entry_that_is_still_there_is_no_answer(few, quiet):
    """DynamoDB removes items some time after they have expired."""
    quiet.named("f", "Marb X", after=60)
    quiet.named("f", "Marz X", after=30 * 60 * 60)
    assert shown(quiet.begin(q="mar")) == "acef"


def test_a_walk_loads_no_history_while_nobody_has_moved():
    code = """
import sys
sys.path[:0] = ["src", "."]
from tests.unit.search.test_history import Quiet, in_memory, shown
del sys.modules["search.history"]
world = Quiet(0)
in_memory(world)
world.named("a", "Mara X", after=10)
assert [shown(world.begin(**query)) for query in ({"q": "mar"}, {"sort": "name"})] == ["a", "a"]
assert "search.history" not in sys.modules
world.named("a", "Marb X")
shown(world.begin(q="mar"))
assert "search.history" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_proof_moves_users_as_often_as_the_index_remembers_within_its_bounds():
    assert MOST_MOVES == MOST_EARLIER
    assert WRITE_SECONDS + SKEW + LAG < SETTLE_SECONDS
    assert WRITE <= WRITE_SECONDS

"""A changed rule for words: its index is built beside the old one, takes over, and the old one goes."""

from __future__ import annotations

import random
import threading
import time
from argparse import Namespace
from typing import Any

import pytest

from consumers import wiring
from consumers.keep_search import keep_search
from erasing.person import Person
from erasing.searching import SearchEntries
from operate.search import index, index_check, segments
from search import words
from search.cursors import PlaceCursors
from search.words import FIRST, KEPT, SERVED
from tests.unit.search import oracle, people
from tests.unit.search.conftest import Search
from tests.unit.search.second import SECOND, told
from users.model import Changes
from utils.consumer import Event
from utils.deadline import Deadline
from utils.errors import ExpiredCursor
from utils.preconditions import precondition

pytestmark = pytest.mark.slow

NO_CONDITION = precondition({})
BOTH = (FIRST, SECOND)
QUERIES = ("ma", "mar", "josé", "jose", "jean-luc", "schmidt", "example.com", "анн", "小龙")


@pytest.fixture(autouse=True)
def settled(monkeypatch) -> None:
    """The index hears of changes at once here."""
    monkeypatch.setattr(index_check, "SETTLE_SECONDS", 0)


@pytest.fixture(autouse=True)
def same_clock(search) -> None:
    """Commands take the time from the clock of the machine, and writers must agree about it."""
    search.store.now = time.time()


def run(search: Search, action: str, **more: Any) -> int:
    """An operator's command; by the release that serves the first rule and keeps both, unless `more` says otherwise."""
    release = {"kept": more.pop("kept", BOTH), "served": more.pop("served", FIRST)}
    options = {"generation": None, "write": True, "rate": 100_000, "readers": 4, "state": None, **more}
    tables = {"users": search.store.tables.users, "index": search.table}
    return index.run(search.store.call, Namespace(action=action, **tables, **options), **release)


def tell(search: Search, user_id: str) -> None:
    """The consumer of a release that keeps both."""
    detail = {"id": "1", "schemaVersion": 1, "time": "t", "userId": user_id}
    keep_search(Event("UserUpdated", detail), [search.by(rule).index for rule in BOTH])


def peopled(search: Search, count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [search.create(name=people.name(chance), email=people.email(chance, number)) for number in range(count)]


def of(search: Search, generation: int) -> list[dict[str, Any]]:
    return [item for item in search.items() if item["shard"].startswith(f"{generation}#")]


def changed(search: Search, user_id: str, chance: random.Random, number: int) -> None:
    """One change of a user at random, of which the consumer hears."""
    search.store.now += 1
    if chance.random() < 0.2:
        search.store.users.delete(user_id, NO_CONDITION)
    else:
        new = {"name": people.name(chance), "email": people.email(chance, 1000 + number)}
        search.store.users.update(user_id, Changes(new), NO_CONDITION)
    tell(search, user_id)


def check_finds_what_the_oracle_finds(search: Search) -> None:
    users = search.store.items(search.store.tables.users)
    sorts = [{"sort": "name"}, {"sort": "-createdAt"}, {"q": "mar", "sort": "-name"}]
    for query in [{"q": q} for q in QUERIES] + sorts:
        assert search.walk(3, **query) == oracle.in_order(users, query), query
    assert search.finder.total()[0] == len(users)


def test_a_generation_is_built_beside_the_one_that_is_served(search):
    """A backfill runs while users change. Each index then finds what the oracle of its own rule finds."""
    ids = [*peopled(search, 24, seed=1), search.create(name="José Ángel")]
    chance, stop = random.Random(2), threading.Event()

    def write() -> None:
        try:
            for number, user_id in enumerate(ids[:16]):
                changed(search, user_id, chance, number)
        finally:
            stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        assert run(search, "backfill", generation=2) == 0
    writer.join()
    search.store.now += 100
    check_finds_what_the_oracle_finds(search)
    with told():
        check_finds_what_the_oracle_finds(search.by(SECOND))
    assert search.walk(q="jose") != search.by(SECOND).walk(q="jose"), "the rules do not differ"
    assert run(search, "check", write=False) == 0


def test_both_indexes_follow_until_the_switch(search):
    ids = peopled(search, 12, seed=3)
    run(search, "backfill", generation=2)
    chance = random.Random(4)
    for number, user_id in enumerate(ids):
        changed(search, user_id, chance, number)
    search.store.now += 100
    check_finds_what_the_oracle_finds(search)
    with told():
        check_finds_what_the_oracle_finds(search.by(SECOND))


def test_a_walk_across_the_switch_begins_again(search):
    """The position in one generation means nothing in another: the cursor has expired, as one of yesterday has."""
    ids = peopled(search, 6, seed=5)
    run(search, "backfill", generation=2)
    before, after = (
        PlaceCursors(search.store.call, search.store.tables.keys, clock=lambda: search.store.now, known={}, rule=rule)
        for rule in BOTH
    )
    _, place = search.page(2, sort="name")
    assert place
    cursor = before.encode_place(place, "GET /users?sort=name")
    assert before.decode_place(cursor, "GET /users?sort=name").rank == place.rank
    with pytest.raises(ExpiredCursor):
        after.decode_place(cursor, "GET /users?sort=name")
    assert sorted(search.by(SECOND).walk(2, sort="name")) == sorted(ids)


def test_a_drop_leaves_nothing_of_its_generation_and_all_of_the_others(search, capsys):
    ids = peopled(search, 12, seed=6)
    run(search, "backfill", generation=2)
    head = next(item for item in of(search, 1) if item["place"] == "head")
    search.store.put(search.table, {**head, "shard": head["shard"].replace("1#", "10#", 1)})
    count, stays = len(of(search, 1)), of(search, 2) + of(search, 10)
    after = {"kept": (SECOND,), "served": SECOND, "generation": 1}
    assert run(search, "drop", write=False, **after) == count
    assert len(of(search, 1)) == count
    assert run(search, "drop", **after) == 0
    assert capsys.readouterr().out.endswith(f"generation 1: {count} items removed\n")
    assert of(search, 1) == []
    assert of(search, 2) + of(search, 10) == stays
    assert run(search, "drop", write=False, **after) == 0
    assert sorted(search.by(SECOND).walk(sort="name")) == sorted(ids)


@pytest.mark.parametrize(
    ("generation", "kept", "served"),
    [(1, BOTH, FIRST), (2, BOTH, FIRST), (1, (SECOND,), FIRST), (2, (SECOND,), SECOND)],
)
def test_a_generation_that_is_kept_or_served_is_not_dropped(search, generation, kept, served):
    search.create(name="Maria")
    before = search.items()
    with pytest.raises(index.WrongGeneration):
        run(search, "drop", generation=generation, kept=kept, served=served)
    with pytest.raises(index.WrongGeneration):
        run(search, "drop", generation=None, kept=kept, served=served)
    assert search.items() == before


def test_only_a_generation_that_is_kept_is_built_or_checked(search):
    for action in ("backfill", "check"):
        with pytest.raises(index.WrongGeneration):
            run(search, action, generation=3)


def test_a_file_of_other_work_is_refused(search, tmp_path):
    """Otherwise the backfill of the second generation would find that all is done."""
    state = str(tmp_path / "state")
    search.create(name="Maria")
    run(search, "backfill", generation=1, state=state)
    with pytest.raises(segments.WrongState):
        run(search, "backfill", generation=2, state=state)


def test_a_check_names_a_generation_that_nobody_keeps(search, capsys):
    search.create(name="Maria")
    run(search, "backfill", generation=2)
    assert run(search, "check", write=False, kept=(SECOND,), served=SECOND) == 1
    assert "generation 1 is not kept and has " in capsys.readouterr().out


def test_a_check_names_what_is_wrong_in_one_generation(search, capsys):
    search.create(name="Maria")
    run(search, "backfill", generation=2)
    entry = next(item for item in of(search, 2) if item["place"].startswith("maria"))
    search.store.remove(search.table, {"shard": entry["shard"], "place": entry["place"]})
    assert run(search, "check", write=False, generation=1) == 0
    assert run(search, "check", write=True, generation=2) == 0
    assert "it has no entry for 1 of its words - repaired" in capsys.readouterr().out
    assert run(search, "check", write=False) == 0


def test_an_erasure_empties_each_generation(search):
    user_id = search.create(name="Maria Schmidt")
    run(search, "backfill", generation=2)
    search.store.users.update(user_id, Changes({"name": "Zoe Adams"}), NO_CONDITION)
    tell(search, user_id)
    place = SearchEntries(*(search.by(rule).index for rule in BOTH))
    person = Person(user_id, caller="")
    found, _ = place.find(person, None)
    assert len(found) == len([item for item in search.items() if "#count#" not in item["shard"]])
    search.store.users.delete(user_id, NO_CONDITION)
    place.remove(person, found)
    assert place.find(person, None) == ([], None)
    assert "schmidt" not in repr(search.items())
    assert search.finder.total()[0] == search.by(SECOND).finder.total()[0] == 0


def test_the_wiring_gives_an_index_for_each_rule_that_is_kept(monkeypatch):
    for name in ("SEARCH_TABLE", "USERS_TABLE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "t")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(words, "KEPT", BOTH)
    assert [each.rule for each in wiring.search_indexes(Deadline(1))] == [FIRST, SECOND]


def test_the_rule_that_is_served_is_kept_first_and_each_has_its_own_generation():
    assert KEPT[0] is SERVED
    assert len({rule.generation for rule in KEPT}) == len(KEPT)

"""The commands that build and check the index, on a real database, while others write."""

from __future__ import annotations

import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import pytest

from operate.search import index, index_check, segments
from search.entries import END
from search.history import KEPT_SECONDS
from tests.unit.search.conftest import Search, searching
from tests.unit.search.conftest import client as client
from users.model import Changes
from utils.preconditions import precondition

NO_CONDITION = precondition({})


@pytest.fixture
def search(emulator, client, monkeypatch) -> Iterator[Search]:
    monkeypatch.setattr(index_check, "SETTLE_SECONDS", 0)
    with searching(emulator, client) as made:
        yield made


def run(search: Search, action: str, write: bool = True, **more: Any) -> int:
    tables = {"users": search.store.tables.users, "index": search.table}
    options = {
        "action": action,
        "write": write,
        "rate": 10_000,
        "readers": 4,
        "state": None,
        "generation": None,
        **more,
    }
    return index.run(search.store.call, Namespace(**tables, **options))


def test_a_backfill_brings_all_users_into_the_index(search, capsys):
    ids = {search.create_late(name=f"Maria {number}") for number in range(20)}
    assert run(search, "backfill", write=False) == 20
    assert search.items() == []
    assert run(search, "backfill") == 0
    assert capsys.readouterr().out.endswith("20 users, 20 written\n")
    assert set(search.walk(q="maria")) == ids
    assert search.finder.total()[0] == 20
    assert run(search, "backfill") == 0
    assert capsys.readouterr().out == "20 users, 0 written\n"
    assert run(search, "check", write=False) == 0


def test_an_interrupted_backfill_goes_on_where_it_was(search, tmp_path, monkeypatch):
    for number in range(20):
        search.create_late(name=f"Maria {number}")
    state = str(tmp_path / "state")
    monkeypatch.setattr(segments, "SEGMENTS", 1)
    monkeypatch.setattr(segments, "MOST_AT_ONCE", 5)
    read: list[int] = []
    call = search.store.call

    def ends(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "Scan" and request["TableName"] == search.store.tables.users:
            read.append(1)
            if len(read) == 3:
                raise OSError("the end of the process")
        return dict(call(operation, request))

    monkeypatch.setattr(search.store, "call", ends)
    with pytest.raises(OSError, match="the end"):
        run(search, "backfill", state=state, readers=1)
    run(search, "backfill", state=state, readers=1)
    monkeypatch.undo()
    assert len(search.walk(q="maria")) == 20
    assert len(read) <= 6, "it began again"


def test_a_backfill_under_load_misses_nothing_and_brings_nobody_back(search):
    """Writers whose events are followed by other threads, as the consumer does it."""
    ids = [search.create_late(name=f"Maria {number}") for number in range(24)]
    stop = threading.Event()

    def write() -> None:
        for turn, user_id in enumerate(ids[:16]):
            if turn % 2:
                search.store.users.delete(user_id, NO_CONDITION)
            else:
                search.store.users.update(user_id, Changes({"name": f"Marta {turn}"}), NO_CONDITION)
            search.index.follow(user_id)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        assert run(search, "backfill") == 0
    writer.join()
    run(search, "backfill")
    assert len(search.walk(q="marta")) == 8
    assert len(search.walk(q="maria")) == 8
    assert search.finder.total()[0] == 16
    assert run(search, "check", write=False) == 0


def damage_missing(search: Search, item: dict[str, Any]) -> None:
    search.store.remove(search.table, {"shard": item["shard"], "place": item["place"]})


def damage_stray(search: Search, item: dict[str, Any]) -> None:
    search.store.put(search.table, {**item, "place": item["place"].replace("maria", "martha")})


def damage_stranger(search: Search, item: dict[str, Any]) -> None:
    place = f"{item['place'][:-36]}00000000-0000-4000-8000-000000000000"
    search.store.put(search.table, {**item, "place": place})


def damage_head(search: Search, item: dict[str, Any]) -> None:
    [head] = [each for each in search.items() if each["place"] == "head" and item["place"][-36:] in each["shard"]]
    search.store.put(search.table, {**head, "age": 99})


def damage_no_head(search: Search, item: dict[str, Any]) -> None:
    search.store.remove(search.table, {"shard": f"1#user#{item['place'][-36:]}", "place": "head"})


def damage_total(search: Search, _item: dict[str, Any]) -> None:
    counter = next(each for each in search.items() if "#count#" in each["shard"])
    search.store.put(search.table, {**counter, "total": counter["total"] + 3})


def damage_gone(search: Search, item: dict[str, Any]) -> None:
    search.store.users.delete(item["place"][-36:], NO_CONDITION)


DAMAGES = {
    "a word is missing": (damage_missing, "it has no entry for 1 of its words"),
    "an entry of another word": (damage_stray, "an entry that it should not have"),
    "an entry of nobody": (damage_stranger, "an entry that it should not have"),
    "another age": (damage_head, "the index has another age"),
    "no head": (damage_no_head, "user "),
    "a wrong total": (damage_total, "the total is wrong by -3"),
    "a user that is gone": (damage_gone, "it is gone"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_difference_is_named_and_repaired(search, name, capsys):
    damage, told = DAMAGES[name]
    for number in range(3):
        search.create(name=f"Maria {number}", age=30)
    item = next(each for each in search.items() if END in each["place"] and each["place"].startswith("maria"))
    damage(search, item)
    assert run(search, "check", write=False) >= 1
    assert told in capsys.readouterr().out
    assert run(search, "check") == 0
    assert " - repaired" in capsys.readouterr().out
    assert run(search, "check", write=False) == 0
    assert capsys.readouterr().out == "generation 1: the index has what the users have\n"


def moved(search: Search) -> list[dict[str, Any]]:
    """A user that has moved; the entries that its earlier version left behind."""
    search.store.now = time.time()  # the clock of the command
    user_id = search.create(name="Maria Schmidt")
    search.store.users.update(user_id, Changes({"name": "Zoe Adams"}), NO_CONDITION)
    search.index.follow(user_id)
    return [item for item in search.items() if "movedAt" in item]


def test_a_check_knows_what_users_left_behind(search, capsys):
    missing, *_ = moved(search)
    assert run(search, "check", write=False) == 0
    damage_missing(search, missing)
    assert run(search, "check", write=False) == 1
    assert "it has no entry for 1 of its words" in capsys.readouterr().out
    assert run(search, "check") == 0
    assert missing in search.items()
    assert run(search, "check", write=False) == 0


def test_a_check_does_not_miss_what_has_expired(search, monkeypatch):
    """DynamoDB has removed what a user left behind; the head knows of it until the next move."""
    for item in moved(search):
        damage_missing(search, item)
    monkeypatch.setattr(index_check.time, "time", lambda: search.store.now + KEPT_SECONDS + 60)
    assert run(search, "check", write=False) == 0


def test_a_check_names_what_a_forgotten_version_left_behind(search):
    stray = moved(search)[0]
    search.store.put(search.table, {**stray, "place": stray["place"].replace("schmidt", "other")})
    assert run(search, "check", write=False) == 1
    assert run(search, "check") == 0
    assert not any("other" in item["place"] for item in search.items())


def test_the_options_have_their_defaults():
    from operate.__main__ import parsed

    options = parsed(["index", "check", "--users", "U", "--index", "I", "--repair", "--bus", "none"])
    assert (options.write, options.rate, options.readers, options.state, options.generation) == (
        True,
        200,
        4,
        None,
        None,
    )

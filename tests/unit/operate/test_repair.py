"""What two Regions that wrote apart have left is mended: the older user keeps an email, and every claim is right."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from operate.database import Call, get, scan
from operate.records.fingerprint import taken
from operate.regions import mending
from operate.regions.mending import Holder, of_user, parked
from operate.regions.repair import run
from tests.support.tables import Tables
from tests.unit.operate.recovering import calling, put_claim, put_user, remove_claim, user_id

OLD, NEW = Holder("2026-01-01T00:00:00.000Z", "b"), Holder("2026-01-02T00:00:00.000Z", "a")


@pytest.fixture
def call(emulator) -> Call:
    return calling(emulator)


@pytest.mark.parametrize(
    ("claimed_by", "owner", "verdict"),
    [
        (None, None, mending.CLAIM),
        ("a", NEW, mending.NOTHING),
        ("z", None, mending.TAKE_OVER),
        ("b", OLD, mending.PARK),
    ],
)
def test_the_rules_for_a_user(claimed_by, owner, verdict):
    assert of_user(NEW, claimed_by, owner) == verdict


def test_the_older_user_takes_the_claim():
    assert of_user(OLD, "a", NEW) == mending.PARK_OWNER


def test_of_the_same_moment_the_lesser_id_keeps_the_email():
    one, two = Holder("2026", "a"), Holder("2026", "b")
    assert mending.keeps(one, two) == mending.keeps(two, one) == one


def aged(call: Call, tables: Tables, number: int, email: str, day: int) -> None:
    """A user with a claim, created on a day."""
    put_user(call, tables, number, email)
    item = get(call, tables.users, {"userId": user_id(number)})
    item["createdAt"] = item["updatedAt"] = {"S": f"2026-01-{day:02}T00:00:00.000Z"}
    call("PutItem", {"TableName": tables.users, "Item": item})


def damage(call: Call, tables: Tables) -> None:
    """0 is right. 1, 2 and 3 have one email, which 3 claims. 4 has no claim, 5 has a wrong one, and one is left."""
    aged(call, tables, 0, "zero@x.co", 1)
    aged(call, tables, 2, "one@x.co", 3)
    aged(call, tables, 1, "ONE@x.co", 2)
    aged(call, tables, 3, "one@x.co", 4)
    aged(call, tables, 4, "four@x.co", 5)
    remove_claim(call, tables, "four@x.co")
    aged(call, tables, 5, "five@x.co", 6)
    put_claim(call, tables, "five@x.co", 77)
    put_claim(call, tables, "left@x.co", 88)


def options(tables: Tables, **more: Any) -> Namespace:
    return Namespace(**{"users": tables.users, "keys": tables.keys, "write": True, **more})


def emails(call: Call, tables: Tables) -> dict[str, str]:
    return {item["userId"]["S"]: item["email"]["S"] for item in scan(call, tables.users)}


def test_it_mends_everything_and_lists_who_is_parked(call, tables, capsys):
    damage(call, tables)
    assert run(call, options(tables)) == 2
    said = capsys.readouterr().out
    assert emails(call, tables) == {
        user_id(0): "zero@x.co",
        user_id(1): "ONE@x.co",
        user_id(2): parked(user_id(2)),
        user_id(3): parked(user_id(3)),
        user_id(4): "four@x.co",
        user_id(5): "five@x.co",
    }
    assert taken(call, tables.users, tables.keys).agrees
    for number in (2, 3):
        assert f"user {user_id(number)}: parked; the older user" in said
    assert "2 parked" in said
    assert "1 claims removed" in said


def test_it_has_nothing_to_do_when_it_is_done_again(call, tables, capsys):
    damage(call, tables)
    run(call, options(tables))
    capsys.readouterr()
    before = list(scan(call, tables.users)), list(scan(call, tables.keys))
    assert run(call, options(tables)) == 0
    assert capsys.readouterr().out == "nothing to repair\n"
    assert (list(scan(call, tables.users)), list(scan(call, tables.keys))) == before


def test_without_write_it_lists_and_changes_nothing(call, tables, capsys):
    damage(call, tables)
    before = list(scan(call, tables.users)), list(scan(call, tables.keys))
    assert run(call, options(tables, write=False)) == 2
    assert "parked" in capsys.readouterr().out
    assert (list(scan(call, tables.users)), list(scan(call, tables.keys))) == before


def test_a_user_who_is_parked_gets_a_new_version_and_keeps_the_rest(call, tables):
    damage(call, tables)
    before = get(call, tables.users, {"userId": user_id(3)})
    run(call, options(tables))
    after = get(call, tables.users, {"userId": user_id(3)})
    assert (before["version"]["N"], after["version"]["N"]) == ("1", "2")
    assert after["lastWrite"] != before["lastWrite"]
    assert (after["name"], after["createdAt"]) == (before["name"], before["createdAt"])
    assert after["updatedAt"]["S"] > before["updatedAt"]["S"]


def test_a_user_who_changes_meanwhile_is_left_for_the_next_run(call, tables, capsys):
    damage(call, tables)
    written = []

    def late(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems" and not written:
            written.append(1)
            for number in (1, 2, 3):
                put_user(call, tables, number, f"other{number}@x.co", version=9)
            remove_claim(call, tables, "one@x.co")
        return dict(call(operation, request))

    run(late, options(tables))
    assert "it changed meanwhile" in capsys.readouterr().out
    assert parked(user_id(3)) not in emails(call, tables).values()


def test_what_another_tool_wrote_is_left_to_a_person(call, tables, capsys):
    call("PutItem", {"TableName": tables.users, "Item": {"userId": {"S": user_id(1)}, "name": {"S": "x"}}})
    put_user(call, tables, 2, "two@x.co")
    call("PutItem", {"TableName": tables.keys, "Item": {"key": {"S": "email#two@x.co"}}})
    assert run(call, options(tables)) == 2
    said = capsys.readouterr().out
    assert "no email" in said
    assert "names no user" in said

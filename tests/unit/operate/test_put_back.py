"""A stack's tables get the content of restored ones, with versions that no client and no consumer has seen."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

import pytest

from operate.database import Call, get, scan
from operate.records.fingerprint import taken
from operate.recovery import put_back
from operate.recovery.put_back import SKIPPED_VERSIONS, run
from tests.support.tables import Tables, create_tables, delete_tables
from tests.unit.operate.recovering import (
    COUNT,
    calling,
    filled,
    put_user,
    remove,
    remove_claim,
    user_id,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def call(emulator) -> Call:
    return calling(emulator)


@pytest.fixture
def restored(emulator, call: Call) -> Iterator[Tables]:
    """A second pair of tables, with users."""
    client = emulator.client("dynamodb")
    pair = create_tables(client)
    filled(call, pair)
    yield pair
    delete_tables(client, pair)


def options(restored: Tables, tables: Tables, **more: Any) -> Namespace:
    pair = {"from_users": restored.users, "from_keys": restored.keys, "users": tables.users, "keys": tables.keys}
    return Namespace(**{**pair, "write": True, "remove_new": True, **more})


def version(call: Call, tables: Tables, number: int) -> int:
    return int(get(call, tables.users, {"userId": user_id(number)})["version"]["N"])


def damage(call: Call, tables: Tables) -> None:
    """0 and 8 stay, 1 is changed, 2 gone, 3 and 4 exchange emails, 5 and 6 lack claim or user, 7 is no user."""
    filled(call, tables)
    remove_claim(call, tables, "user1@x.co")
    put_user(call, tables, 1, "evil@x.co", version=7)
    remove(call, tables, 2)
    put_user(call, tables, 3, "user4@x.co", version=2)
    put_user(call, tables, 4, "user3@x.co", version=2)
    remove_claim(call, tables, "user5@x.co")
    call("DeleteItem", {"TableName": tables.users, "Key": {"userId": {"S": user_id(6)}}})
    item = {"userId": {"S": user_id(7)}, "name": {"S": "no user"}}
    call("PutItem", {"TableName": tables.users, "Item": item})
    put_user(call, tables, COUNT, "new@x.co")


def test_the_tables_get_the_restored_content(call, tables, restored, capsys):
    damage(call, tables)
    assert run(call, options(restored, tables)) == 0
    then, now = taken(call, restored.users, restored.keys), taken(call, tables.users, tables.keys)
    assert now.content() == then.content()
    assert now.agrees
    assert "the tables have the restored content" in capsys.readouterr().out
    assert run(call, options(restored, tables)) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_a_user_who_is_written_gets_a_version_that_nobody_has_seen(call, tables, restored):
    damage(call, tables)
    run(call, options(restored, tables))
    assert [version(call, tables, number) for number in (0, 1, 3, 7, 8)] == [1, 8, 3, 2, 1]
    assert version(call, tables, 2) == SKIPPED_VERSIONS + 2


def test_new_users_stay_with_their_claims_unless_asked_for(call, tables, restored, capsys):
    damage(call, tables)
    assert run(call, options(restored, tables, remove_new=False)) == 0
    now = taken(call, tables.users, tables.keys)
    assert (now.users.count, now.agrees) == (COUNT + 1, True)
    assert "2 new and kept" in capsys.readouterr().out


def test_a_new_user_with_the_email_of_a_restored_one_is_left_to_a_person(call, tables, restored, capsys):
    filled(call, tables)
    remove(call, tables, 2)
    put_user(call, tables, COUNT, "user2@x.co")
    assert run(call, options(restored, tables, remove_new=False)) == 1
    assert "check-claims" in capsys.readouterr().out
    assert get(call, tables.keys, {"key": "email#user2@x.co"})["userId"]["S"] == user_id(2)


def test_records_that_expire_stay_as_they_are(call, tables, restored):
    damage(call, tables)
    kept = {"key": {"S": "request#a"}, "userId": {"S": "x"}, "expiresAt": {"N": "9999999999"}}
    call("PutItem", {"TableName": tables.keys, "Item": kept})
    call("PutItem", {"TableName": restored.keys, "Item": {**kept, "key": {"S": "request#b"}}})
    call("PutItem", {"TableName": restored.keys, "Item": {"key": {"S": "subject#1"}, "userId": {"S": "x"}}})
    assert run(call, options(restored, tables)) == 0
    others = sorted(it["key"]["S"] for it in scan(call, tables.keys) if not it["key"]["S"].startswith("email#"))
    assert others == ["request#a", "subject#1"]


def test_without_write_it_counts(call, tables, restored, capsys):
    damage(call, tables)
    before = taken(call, tables.users, tables.keys)
    assert run(call, options(restored, tables, write=False)) > 0
    assert taken(call, tables.users, tables.keys) == before
    assert "written" in capsys.readouterr().out


class Killed(BaseException):
    """The end of the process."""


def test_killed_at_any_write_it_goes_on(call, tables, restored):
    damage(call, tables)

    def ending(operation: str, request: dict[str, Any]) -> Any:
        answer = call(operation, request)
        if operation in ("PutItem", "DeleteItem"):
            raise Killed
        return answer

    kills = 0
    while True:
        try:
            assert run(ending, options(restored, tables)) == 0
            break
        except Killed:
            kills += 1
    assert kills > 3
    content = taken(call, restored.users, restored.keys).content()
    assert taken(call, tables.users, tables.keys).content() == content


@pytest.mark.parametrize("kind", ["changed", "made", "removed"])
def test_a_change_of_another_writer_is_not_overwritten(call, tables, restored, capsys, kind):
    damage(call, tables)
    number = {"changed": 1, "made": 2, "removed": 1}[kind]
    meanwhile = []

    def racing(operation: str, request: dict[str, Any]) -> Any:
        own = operation == "PutItem" and request["Item"].get("userId") == {"S": user_id(number)}
        if own and request["TableName"] == tables.users and not meanwhile:
            meanwhile.append(operation)
            if kind == "removed":
                remove(call, tables, number)
            else:
                put_user(call, tables, number, "meanwhile@x.co", version=8)
        return call(operation, request)

    assert run(racing, options(restored, tables)) >= 1
    assert "1 changed meanwhile" in capsys.readouterr().out


WRONG: dict[str, dict[str, Any]] = {
    "keeps the version": {"_after_deletion": lambda then: 0, "max": min},
    "no claims": {"PutBack._put_key": lambda self, then: None},
    "strange claims stay": {"PutBack._new_key": lambda self, now: None},
    "new users stay": {"PutBack._new_user": lambda self, now: None},
    "no condition": {"_unchanged": lambda table, key, guard, now: {"TableName": table}},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_found(call, tables, restored, monkeypatch, name):
    for path, wrong in WRONG[name].items():
        target, _, attribute = path.rpartition(".")
        monkeypatch.setattr(getattr(put_back, target) if target else put_back, attribute, wrong, raising=False)
    checks = [
        lambda: test_the_tables_get_the_restored_content(call, tables, restored, Said()),
        lambda: test_a_user_who_is_written_gets_a_version_that_nobody_has_seen(call, tables, restored),
        lambda: test_a_change_of_another_writer_is_not_overwritten(call, tables, restored, Said(), "changed"),
    ]
    failed = 0
    for check in checks:
        try:
            check()
        except AssertionError:
            failed += 1
    assert failed > 0


class Said:
    """What capsys gives, when nobody looks."""

    def readouterr(self) -> Namespace:
        said = "the tables have the restored content; nothing differs; 1 changed meanwhile"
        return Namespace(out=said)

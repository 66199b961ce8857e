"""The command that finds items which another tool wrote, over a database in memory."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from operate.records.check_items import run
from tests.contract.test_foreign_items import LACKING, SKIPPED, STRANGE, item, write
from tests.contract.test_repository import NOBODY
from tests.unit.users.memory_store import memory_store
from users.foreign import name_of

ROOT = Path(__file__).resolve().parents[3]


def checked(capsys, *items):
    store = memory_store()
    for made in items:
        write(store, made)
    left = run(store.call, argparse.Namespace(users=store.tables.users))
    return left, capsys.readouterr().out.splitlines()


def test_a_table_of_users_is_told_so(capsys):
    assert checked(capsys, item(), item(userId={"S": NOBODY.replace("0", "1")}, **STRANGE)) == (
        0,
        ["every item is a user"],
    )


@pytest.mark.parametrize("changed", LACKING.values(), ids=list(LACKING))
def test_what_is_no_user_is_listed_with_what_it_lacks(capsys, changed):
    left, (line, last) = checked(capsys, item(**changed))
    assert (left, last) == (1, "1 items are no users")
    assert line.startswith(f"{NOBODY}: NO USER: ")
    assert all(f"{name} " in line or f"no {name}" in line for name in changed if name not in ("age", "lastWrite"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"age": {"NULL": True}}, "age is null and not an integer from 1 on; counts as no age; PUT one, or null"),
        ({"age": {"N": "30.5"}}, "age is a number and not an integer from 1 on; counts as no age"),
        ({"age": {"N": "151"}}, "age must be between 1 and 150; PUT another one"),
        ({"version": None}, "no version; counts as 1, and the next write writes it"),
        ({"version": {"N": "2.5"}}, "version is a number and not an integer from 1 on; counts as 2"),
        ({"version": {"SS": ["a"]}}, "version is of type SS and not"),
        ({"email": {"S": "plain"}}, "email must have a local part"),
    ],
)
def test_what_works_in_spite_of_it_is_listed_too(capsys, changed, said):
    left, (line, last) = checked(capsys, item(**changed))
    assert (left, last) == (0, "every item is a user")
    assert line.startswith(f"{NOBODY}: works: ")
    assert said in line


def test_a_key_that_is_no_user_id_is_shown_with_its_name_in_the_logs(capsys):
    left, lines = checked(capsys, item(userId={"S": "org#1"}))
    assert left == 1
    assert lines[0].startswith(f"'org#1' ({name_of('org#1')} in the logs): NO USER: its key is no user id")


def test_no_value_is_printed(capsys):
    _, lines = checked(capsys, *(item(**changed) for changed in SKIPPED.values()), item(name={"S": "\u202eSecret"}))
    assert not any(word in "\n".join(lines) for word in ("Eve", "eve@example.com", "Secret", "January"))


def test_it_runs_as_a_command():
    def command(*arguments):
        line = [sys.executable, "-m", "operate", "check-items", *arguments]
        return subprocess.run(line, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, timeout=60)

    assert command().returncode == 2
    assert "--users" in command("--help").stdout
    failed = command("--users", "x")
    assert (failed.returncode, failed.stderr.count("\n")) == (1, 1)

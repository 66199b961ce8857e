"""While traffic shifts, two releases serve the same tables: request by request, either may answer.

Each keeps the contract with what the other has stored: versions, claims of emails, kept responses, cursors.
"""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from releases.contract import check
from releases.requests import Broken, event
from tests.api.client import send
from tests.proofs.releases.earlier import APART, EDITS, earlier, last_tag
from tests.proofs.releases.mixed import Front, Mixed
from tests.proofs.releases.release import Release
from tests.proofs.seeded import edited
from tests.proofs.system import ROOT
from tests.support.emulator import Emulator
from tests.support.tables import Tables

SEED = 1
LIVES = 10  # of a user: with this seed, every two requests that follow each other cross in both directions


@contextlib.contextmanager
def beside(other: Path, emulator: Emulator, tables: Tables, seed: int = SEED) -> Iterator[Mixed]:
    """Today's release and another one behind a pair of tables with three users."""
    with Release(ROOT / "src", emulator, tables) as today, Release(other, emulator, tables) as before:
        for number, release in enumerate((today, before, today)):
            body = {"name": "Ada Lovelace", "email": f"ada{number}@example.com"}
            assert release.call("CreateUser", event("POST", body=body))["statusCode"] == 201
        yield Mixed((today, before), seed)


def live(mixed: Mixed, lives: int = LIVES) -> None:
    """Several lives of a user. Raises Broken."""
    for _ in range(lives):
        check(mixed.call, uuid.uuid4().hex)


def test_two_releases_keep_the_contract_together(emulator, tables):
    with earlier() as (_, source), beside(source, emulator, tables) as mixed:
        live(mixed)
    followed = {(before[1], after[1]) for before, after in mixed.pairs}
    for names in followed - {("DeleteUser", "CreateUser")}:
        ways = {(a[0], b[0]) for a, b in mixed.pairs if (a[1], b[1]) == names}
        assert {(0, 1), (1, 0)} <= ways, f"{names} never crossed from one release to the other; another seed is needed"
    assert emulator.client("dynamodb").scan(TableName=tables.users)["Count"] == 3


@pytest.mark.needs("curl")
def test_two_releases_pass_the_tests_over_http(emulator, tables, tmp_path):
    with earlier() as (_, source), beside(source, emulator, tables) as mixed, Front(mixed, tmp_path) as front:
        for _ in range(3):
            done = subprocess.run(
                [ROOT / "test-api.sh", front.url], capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
        assert all(release.calls > 10 for release in mixed.releases)


def test_an_email_that_both_releases_are_asked_for_at_once_gets_one_user(emulator, tables, tmp_path):
    body = {"name": "Ada", "email": "race@example.com"}
    with earlier() as (_, source), beside(source, emulator, tables) as mixed, Front(mixed, tmp_path) as front:
        with ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(send, front.url, "POST", "/users", body) for _ in range(24)]
        statuses = sorted(answer.result().status for answer in answers)
    assert statuses == [201, *[409] * 23]
    assert all(release.calls > 5 for release in mixed.releases)


@pytest.mark.parametrize("name", APART)
def test_releases_that_do_not_understand_each_other_are_found(emulator, tables, name):
    with edited(APART[name]) as source, beside(source, emulator, tables) as mixed, pytest.raises(Broken):
        live(mixed)


def test_the_edits_of_an_earlier_release_change_what_is_stored():
    """Else a clone without tags would compare today's release with itself."""
    with edited(EDITS) as source:
        changed = {path.name for path in source.rglob("*.py") if path.read_text() != text_today(source, path)}
    assert changed == {"items.py", "list_users.py", "delete_user.py"}


def text_today(source: Path, path: Path) -> str:
    return (ROOT / "src" / path.relative_to(source)).read_text()


@pytest.mark.needs("git")
def test_the_source_of_the_last_tag_is_taken_where_there_is_one(tmp_path):
    def git(*arguments: str) -> None:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *settings, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "src").mkdir()
    git("init", "-q")
    for text in ("first", "second"):
        (tmp_path / "src" / "file.py").write_text(text)
        git("add", ".")
        git("commit", "-qm", text)
        if text == "first":
            assert last_tag(tmp_path) == ""
            git("tag", "v1")
    assert last_tag(tmp_path) == "v1"
    with earlier(tmp_path) as (name, source):
        assert (name, (source / "file.py").read_text()) == ("v1", "first")

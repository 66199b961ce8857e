"""CheckRelease rejects each bad release for its fault, accepts a good one, and leaves no user behind."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from releases.check_release import check_release
from releases.requests import Broken
from tests.proofs.releases.bad import BAD
from tests.proofs.releases.release import Release
from tests.proofs.seeded import edited
from tests.proofs.system import ROOT
from tests.support.emulator import Emulator
from tests.support.tables import Tables

HOOK = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}


class Reports:
    """Stands in for CodeDeploy: keeps what it is told. tests/unit/adapters holds the real one to its API."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, bool]] = []

    def report(self, deployment: str, execution: str, succeeded: bool) -> None:
        self.told.append((deployment, execution, succeeded))


@pytest.fixture(scope="module")
def today(emulator: Emulator) -> Iterator[Any]:
    """Makes releases of today's code behind a pair of tables; they end with the module."""
    made: list[Release] = []

    def make(tables: Tables, **settings: str) -> Release:
        made.append(Release(ROOT / "src", emulator, tables, **settings))
        return made[-1]

    yield make
    for release in made:
        release.__exit__()


def checked(release: Release, caplog: pytest.LogCaptureFixture, room: str = "handlers") -> tuple[bool, str]:
    """What CodeDeploy was told, and the reason that was logged."""
    reports: Any = Reports()
    caplog.clear()
    check_release(HOOK, lambda name, event: release.call(name, event, room), reports, uuid.uuid4().hex, "1 2 3 4 5")
    [(deployment, execution, succeeded)] = reports.told
    assert (deployment, execution) == ("d-1", "e-1")
    reasons = [record.__dict__["reason"] for record in caplog.records if record.message == "release_rejected"]
    return succeeded, "; ".join(reasons)


def left(emulator: Emulator, tables: Tables) -> tuple[int, list[str]]:
    """The number of users, and the kinds of the claims."""
    client = emulator.client("dynamodb")
    users = client.scan(TableName=tables.users)["Count"]
    return users, sorted(item["key"]["S"].split("#")[0] for item in client.scan(TableName=tables.keys)["Items"])


def test_a_good_release_is_accepted_and_only_its_kept_response_stays(emulator, tables, today, caplog):
    release = today(tables)
    assert checked(release, caplog) == (True, "")
    assert left(emulator, tables) == (0, ["cursor-secret", "request"][1:]), "a kept response, which expires"


def test_a_good_release_among_other_users_is_accepted(emulator, tables, today, caplog):
    release = today(tables)
    for number in range(3):
        body = {"name": "Ada", "email": f"ada{number}@example.com"}
        from releases.requests import event

        assert release.call("CreateUser", event("POST", body=body))["statusCode"] == 201
    assert checked(release, caplog) == (True, "")
    assert left(emulator, tables)[0] == 3


def test_five_checks_at_once_accept_a_good_release(emulator, tables, today):
    release, reports = today(tables), Reports()
    told: Any = reports
    with ThreadPoolExecutor(5) as pool:
        for done in [
            pool.submit(check_release, HOOK, release.call, told, uuid.uuid4().hex, "1 2 3 4 5") for _ in range(5)
        ]:
            done.result()
    assert [succeeded for _, _, succeeded in reports.told] == [True] * 5
    assert left(emulator, tables)[0] == 0


def test_a_stack_with_sign_in_lets_the_check_in(tables, today, caplog):
    assert checked(today(tables, SIGN_IN="true"), caplog, "signed_in") == (True, "")


@pytest.mark.parametrize("name", BAD)
def test_a_bad_release_is_rejected_for_its_fault_and_leaves_no_user(emulator, tables, name, caplog):
    edit, reason = BAD[name]
    with edited((edit,)) as source, Release(source, emulator, tables) as release:
        succeeded, told = checked(release, caplog)
    assert not succeeded
    assert reason in told
    assert left(emulator, tables)[0] == 0


def test_a_release_with_a_wrong_setting_is_rejected(tables, today, caplog):
    nowhere = dataclasses.replace(tables, keys="no-such-table")
    succeeded, told = checked(today(nowhere), caplog)
    assert (succeeded, told) == (False, "create answers 500, not 201")


def test_a_user_that_cannot_be_deleted_is_told(emulator, tables, today, caplog):
    """The check itself is held to leaving nothing behind."""
    release = today(tables)

    def call(name: str, event: dict[str, Any]) -> Any:
        if name == "DeleteUser":
            raise Broken("DeleteUser failed: Timeout")
        return release.call(name, event)

    reports: Any = Reports()
    check_release(HOOK, call, reports, uuid.uuid4().hex, "")
    assert [succeeded for _, _, succeeded in reports.told] == [False]
    assert left(emulator, tables)[0] == 1


def test_a_check_that_fails_itself_is_reported_as_a_failure():
    """CodeDeploy would wait for an hour."""
    reports: Any = Reports()
    with pytest.raises(ZeroDivisionError):
        check_release(HOOK, lambda *_: 1 / 0, reports, "x", "")
    assert [succeeded for _, _, succeeded in reports.told] == [False]


def test_there_are_ten_bad_releases_and_each_differs_from_todays():
    assert len(BAD) >= 10
    for edit, _ in BAD.values():
        text = Path(ROOT / "src" / edit.file).read_text()
        assert text.count(edit.old) == 1, edit

"""The drill against `make run`: what was damaged comes back exactly, also after a kill; a difference is found."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from operate.database import Call, scan
from operate.records import fingerprint
from operate.recovery import drill
from operate.recovery.drill import Drill, NotADrillStack
from operate.recovery.drill_api import Api, ApiFailed, use
from tests import drills
from tests.support.server import Server
from tests.unit.operate.recovering import calling

pytestmark = pytest.mark.local_only
ROOT = Path(__file__).resolve().parents[2]
COUNT = 6


class Stack:
    """A running API with no users, and its tables."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.endpoint = server.dynamodb_endpoint
        self.call: Call = calling(self)  # type: ignore[arg-type]
        names = self.call("ListTables", {})["TableNames"]
        [self.users] = [name for name in names if name == "Users"]
        [self.keys] = [name for name in names if "UserKeys" in name and "2026" not in name]

    def options(self, **more: Any) -> Namespace:
        given = {"api": self.server.url, "users": self.users, "keys": self.keys, "count": COUNT, "state": None}
        return Namespace(**{**given, "keep": False, "quiet": 0, "write": True, "bus": "none", **more})

    def tables(self) -> list[str]:
        return sorted(self.call("ListTables", {})["TableNames"])

    def start(self, *more: str) -> subprocess.Popen[str]:
        """The command in a process of its own."""
        line = [sys.executable, "-m", "operate", "drill", "--api", self.server.url, "--count", str(COUNT)]
        line += ["--users", self.users, "--keys", self.keys, "--quiet", "0", "--write", "--bus", "none", *more]
        access = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        environment = {**os.environ, **access, "AWS_ENDPOINT_URL": self.endpoint}
        return subprocess.Popen(
            line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server("Events=false Webhooks=false Pictures=false LiveUpdates=false Bulk=false Search=false") as server:
        yield server


@pytest.fixture
def stack(running: Server) -> Iterator[Stack]:
    made = Stack(running)
    for table, key in ((made.users, "userId"), (made.keys, "key")):
        for item in list(scan(made.call, table)):
            made.call("DeleteItem", {"TableName": table, "Key": {key: item[key]}})
    yield made
    for name in made.tables():
        if name.startswith((f"{made.users}-2", f"{made.keys}-2")):
            made.call("DeleteTable", {"TableName": name})


def test_a_drill_passes_and_leaves_nothing(stack):
    before = stack.tables()
    process = stack.start()
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "restored to 20" in said
    assert re.search(r"RTO 00:00:\d\d \(goal 01:00:00\)", said)
    assert re.search(r"RPO 00:00:\d\d \(goal 00:05:00\)", said)
    assert "drill passed" in said
    assert "DIFFERENT" not in said
    assert stack.tables() == before
    assert list(scan(stack.call, stack.users)) == []


@pytest.mark.slow
def test_make_drill_practises_a_restore_and_says_when_it_fails(monkeypatch):
    assert drills.restore(count=COUNT) == 0
    monkeypatch.setattr(drills, "ACCESS", {**drills.ACCESS, "PYTHONHOME": "/nowhere"})
    assert drills.restore(count=COUNT) != 0


def test_make_drill_names_the_drills_that_there_are(capsys):
    assert drills.main(["earthquake"]) == 2
    said = capsys.readouterr().err
    assert all(f"\n{name} " in said for name in ("restore", *drills.PROOFS))


class Killed(BaseException):
    """The end of the process."""


class Dying(Drill):
    """A drill that ends each time that it has remembered something new."""

    ended: ClassVar[set[str]] = set()

    def _remember(self, **values: Any) -> None:
        super()._remember(**values)
        what = f"{sorted(values)} {values.get('done')}"
        if what not in self.ended:
            self.ended.add(what)
            raise Killed


def test_a_drill_that_ends_each_time_that_it_has_remembered_something_goes_on(stack, tmp_path, capsys):
    before, state = stack.tables(), str(tmp_path / "state")
    while True:
        try:
            Dying(stack.call, stack.options(state=state)).run()
            break
        except Killed:
            continue
    assert "drill passed" in capsys.readouterr().out
    assert len(Dying.ended) >= 13  # eight steps, and what five of them found
    assert stack.tables() == before


KILLED_AT = ["make users", "damage them", "restore", "put back", "clean up"]


@pytest.mark.deep
def test_a_killed_drill_goes_on(stack, tmp_path):
    """Killed in each step, it goes on with the next run."""
    before, state = stack.tables(), tmp_path / "state"
    for step in KILLED_AT:
        process = stack.start("--state", str(state))
        assert process.stdout
        for line in process.stdout:
            if line.startswith(step):
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert state.exists(), step
    process = stack.start("--state", str(state))
    said, _ = process.communicate(timeout=120)
    assert (process.returncode, "drill passed" in said) == (0, True), said
    assert not state.exists()
    assert stack.tables() == before
    assert list(scan(stack.call, stack.users)) == []


def test_a_stack_with_users_is_left_alone(stack):
    Api(stack.server.url).create("Ada", "ada@example.com", "drill-refused")
    with pytest.raises(NotADrillStack):
        Drill(stack.call, stack.options()).run()
    assert len(list(scan(stack.call, stack.users))) == 1


def wrong_restore(call: Call) -> Call:
    """A database that restores to the newest moment, as ministack does."""

    def restoring(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "RestoreTableToPointInTime":
            request = {name: value for name, value in request.items() if name != "RestoreDateTime"}
            request["UseLatestRestorableTime"] = True
        return call(operation, request)

    return restoring


def losing(call: Call) -> Call:
    """A database that forgets a claim after the restore."""

    def forgetting(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = call(operation, request)
        table = request.get("TargetTableName", "")
        if operation == "RestoreTableToPointInTime" and "UserKeys" in table:
            claim = next(it["key"] for it in scan(call, table) if it["key"]["S"].startswith("email#"))
            call("DeleteItem", {"TableName": table, "Key": {"key": claim}})
        return answer

    return forgetting


@pytest.mark.parametrize("wrong", [wrong_restore, pytest.param(losing, marks=pytest.mark.deep)])
def test_a_wrong_restore_fails_the_drill(stack, capsys, wrong):
    before = stack.tables()
    assert drill.run(wrong(stack.call), stack.options()) > 0
    said = capsys.readouterr().out
    assert "DIFFERENT: the restored tables" in said
    assert "DRILL FAILED" in said
    assert stack.tables() == before


@pytest.mark.deep
def test_damage_that_does_nothing_fails_the_drill(stack, capsys, monkeypatch):
    monkeypatch.setattr(fingerprint.Fingerprint, "shown", lambda self: {"users": {"count": 1}, "agree": True})
    assert drill.run(stack.call, stack.options()) == 1
    assert "DIFFERENT: the damage did nothing" in capsys.readouterr().out


@pytest.mark.deep
def test_a_missed_goal_fails_the_drill(stack, capsys, monkeypatch):
    monkeypatch.setattr(drill, "RTO_GOAL", 0.001)
    assert drill.run(stack.call, stack.options()) == 1
    assert "DIFFERENT: RTO is over its goal" in capsys.readouterr().out


def test_without_write_nothing_happens(stack):
    before = stack.tables()
    assert drill.run(stack.call, stack.options(write=False)) == 0
    assert stack.tables() == before


def test_the_run_over_all_operations_passes_and_finds_a_broken_api(stack, monkeypatch):
    api = Api(stack.server.url)
    use(api, "fine")
    found = Api.request

    def without_conditions(self: Api, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return found(self, method, path, body, **{k: v for k, v in headers.items() if k != "If_Match"})

    monkeypatch.setattr(Api, "request", without_conditions)
    with pytest.raises(ApiFailed, match="expected"):
        use(api, "broken")

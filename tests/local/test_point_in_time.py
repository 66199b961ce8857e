"""A table restored to a moment is what it was at that moment, whatever was compacted, killed or deleted since."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.tables import point_in_time
from local.aws.tables.point_in_time import Clock, moment_of, stamped
from local.aws.tables.records import dump
from local.journal.log import Journal
from tests.support.kills import Connection, Victim, scan

pytestmark = [pytest.mark.slow, pytest.mark.local_only]

NAME = "Model"
SMALL = ("--compact-bytes", "8000", "--sweep-seconds", "0.05")  # many snapshots while it is written to
STEP = 0.002  # between the end of one write and the beginning of the next, with a moment in between
Items = dict[tuple[str, str], dict[str, Any]]


def create(connection: Connection, name: str = NAME, *, recovery: bool = True) -> None:
    """A table with both keys."""
    request = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": it, "AttributeType": "S"} for it in ("p", "s")],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
    }
    assert connection.call("CreateTable", request)["status"] == 200
    if recovery:
        protect(connection, name)


def protect(connection: Connection, name: str = NAME, **more: Any) -> None:
    """Turn recovery on."""
    wanted = {"PointInTimeRecoveryEnabled": True, **more}
    request = {"TableName": name, "PointInTimeRecoverySpecification": wanted}
    assert connection.call("UpdateContinuousBackups", request)["status"] == 200


def described(connection: Connection, name: str = NAME) -> dict[str, Any]:
    """What the table says of its recovery."""
    answer = connection.call("DescribeContinuousBackups", {"TableName": name})
    found: dict[str, Any] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return found


def restore(connection: Connection, target: str, **more: Any) -> dict[str, Any]:
    return connection.call("RestoreTableToPointInTime", {"SourceTableName": NAME, "TargetTableName": target, **more})


def put(connection: Connection, key: str, text: str, name: str = NAME) -> None:
    item = {"p": {"S": key}, "s": {"S": "x"}, "text": {"S": text}}
    assert connection.call("PutItem", {"TableName": name, "Item": item})["status"] == 200


def texts(connection: Connection, name: str) -> dict[str, str]:
    return {row["p"]["S"]: row["text"]["S"] for row in scan(connection, name)}


def moment() -> float:
    """A moment between two writes."""
    time.sleep(STEP)
    now = time.time()
    time.sleep(STEP)
    return now


class Model:
    """A table in the local database and as a dictionary, which remembers what it was."""

    def __init__(self, data: Path, seed: int) -> None:
        self.random, self.data = random.Random(seed), data
        self.items: Items = {}
        self.was: list[tuple[float, Items]] = []
        self.start()
        create(self.connection)
        self.remember()

    def start(self) -> None:
        self.victim = Victim(self.data, *SMALL)
        self.connection = Connection(self.victim.port)

    def kill(self) -> None:
        self.victim.end()
        self.start()

    def remember(self) -> None:
        self.was.append((moment(), dict(self.items)))

    def call(self, operation: str, **request: Any) -> None:
        assert self.connection.call(operation, request)["status"] == 200

    def change(self) -> None:
        """One write of some kind."""
        keys = [(self.random.choice("abc"), self.random.choice("xyz")) for _ in range(3)]
        number = {"N": str(self.random.randrange(99))}
        items: list[dict[str, Any]] = [
            {"p": {"S": p}, "s": {"S": s}, "n": number, "x": {"S": "x" * 200}} for p, s in keys
        ]
        key = {name: items[0][name] for name in ("p", "s")}
        match self.random.choice(["put", "put", "delete", "update", "transact", "batch"]):
            case "put":
                self.call("PutItem", TableName=NAME, Item=items[0])
                self.items[keys[0]] = items[0]
            case "delete":
                self.call("DeleteItem", TableName=NAME, Key=key)
                self.items.pop(keys[0], None)
            case "update":
                update = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": items[0]["n"]}}
                self.call("UpdateItem", TableName=NAME, Key=key, **update)
                self.items[keys[0]] = {**self.items.get(keys[0], key), "n": items[0]["n"]}
            case "transact":
                new = dict(zip(keys, items, strict=True))
                self.call(
                    "TransactWriteItems", TransactItems=[{"Put": {"TableName": NAME, "Item": i}} for i in new.values()]
                )
                self.items |= new
            case "batch":
                self.call("BatchWriteItem", RequestItems={NAME: [{"DeleteRequest": {"Key": key}}]})
                self.items.pop(keys[0], None)

    def agrees(self, number: int) -> bool:
        """Whether a random moment of those remembered is restored."""
        when, items = self.random.choice(self.was)
        answer = restore(self.connection, f"Restored-{number}", RestoreDateTime=when)
        if answer["status"] != 200:
            return False
        found = {(row["p"]["S"], row["s"]["S"]): row for row in scan(self.connection, f"Restored-{number}")}
        self.call("DeleteTable", TableName=f"Restored-{number}")
        return found == items


def wrong_moments(data: Path, seed: int, rounds: int) -> int:
    """How many of the restores to random moments were wrong."""
    model, wrong = Model(data, seed), 0
    try:
        for round_ in range(rounds):
            for _ in range(25):
                model.change()
                model.remember()
            wrong += sum(not model.agrees(number) for number in range(6))
            if round_ % 2:
                model.kill()
    finally:
        model.victim.end()
    return wrong


def test_a_random_moment_is_restored_as_it_was(tmp_path):
    assert wrong_moments(tmp_path, 0, 4) == 0
    assert len(list((tmp_path / "journal" / "history").glob("*.snapshot"))) > 1


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_random_moments_are_restored_as_they_were(tmp_path, seed):
    assert wrong_moments(tmp_path, seed, 12) == 0


# The seeded wrong versions run in the process of the emulated AWS, which imports this first.
WRONG = {
    "the items of now": "it.items_at = lambda records, *more, _old=it.items_at: "
    "_old(records, *more[:2], 1e12, more[3])",
    "one record too few": "import math; _old = it.items_at\n"
    "it.items_at = lambda records, arn, id, moment, hook: _old(records, arn, id, moment - 0.02, hook)",
    "no deletions": "_old = it.apply\nit.apply = lambda items, key, sort, item: item and _old(items, key, sort, item)",
    "only the snapshot": "_old = it.items_at\n"
    "it.items_at = lambda all, arn, *more: _old((r for r in all if r[:5] == b'{\"def'), arn, *more)",
    "the first generation that is there": "from local.journal import history as h\n_old = h.History.payloads\n"
    "h.History.payloads = lambda self, generation: _old(self, self.beginnings()[-1].generation)",
    "a log is left out": "from local.journal import history as h\n_old = h.History._files\n"
    "h.History._files = lambda self: {k: p for k, p in _old(self).items() if k[0] % 3 or k[1] != 'log' or not k[0]}",
}


@pytest.mark.deep
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_found(tmp_path, monkeypatch, name):
    (tmp_path / "sitecustomize.py").write_text(f"import local.aws.tables.point_in_time as it\n{WRONG[name]}\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(point_in_time.__file__).parents[2]}")
    assert wrong_moments(tmp_path / "data", 1, 4) > 0


class Started:
    """The emulated AWS over a folder, one process after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.victim: Victim | None = None

    def __call__(self, *options: str) -> Connection:
        self.end()
        self.victim = Victim(self.folder, *options)
        return Connection(self.victim.port)

    def end(self) -> None:
        if self.victim:
            self.victim.end()
        self.victim = None


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    made = Started(tmp_path)
    yield made
    made.end()


def test_the_moments_that_can_be_restored_are_told(started):
    connection = started()
    create(connection, recovery=False)
    assert described(connection) == {"PointInTimeRecoveryStatus": "DISABLED"}
    assert restore(connection, "Other", UseLatestRestorableTime=True)["__type"].endswith("RecoveryUnavailableException")
    put(connection, "a", "1")
    before = moment()
    protect(connection, RecoveryPeriodInDays=7)
    since, told = moment(), described(connection)
    assert told["RecoveryPeriodInDays"] == 7
    assert before < told["EarliestRestorableDateTime"] < since < told["LatestRestorableDateTime"] < time.time()
    for wrong in (before, time.time() + 60):
        answer = restore(connection, "Other", RestoreDateTime=wrong)
        assert (answer["status"], answer["__type"]) == (400, "InvalidRestoreTimeException")
    protect(connection)
    assert described(connection)["EarliestRestorableDateTime"] == told["EarliestRestorableDateTime"]
    put(connection, "b", "2")
    assert restore(connection, "Other", RestoreDateTime=since)["TableDescription"]["TableStatus"] == "ACTIVE"
    assert texts(connection, "Other") == {"a": "1"}
    summary = connection.call("DescribeTable", {"TableName": "Other"})["Table"]["RestoreSummary"]
    assert (summary["RestoreDateTime"], summary["RestoreInProgress"]) == (since, False)
    assert summary["SourceTableArn"].endswith(f"/{NAME}")
    assert restore(connection, "Newest", UseLatestRestorableTime=True)["status"] == 200
    assert texts(connection, "Newest") == {"a": "1", "b": "2"}
    assert restore(connection, "Newest", UseLatestRestorableTime=True)["__type"].startswith("TableAlreadyExists")


def test_both_tables_of_a_transaction_have_it_or_neither_has(started):
    connection = started()
    for name in (NAME, "Second"):
        create(connection, name)
    moments = []
    for number in range(20):
        puts = [
            {"Put": {"TableName": name, "Item": {"p": {"S": f"{number}"}, "s": {"S": "x"}, "text": {"S": ""}}}}
            for name in (NAME, "Second")
        ]
        assert connection.call("TransactWriteItems", {"TransactItems": puts})["status"] == 200
        moments.append(time.time())
    for number, when in enumerate(moments):
        restore(connection, f"A-{number}", RestoreDateTime=when)
        request = {"SourceTableName": "Second", "TargetTableName": f"B-{number}", "RestoreDateTime": when}
        assert connection.call("RestoreTableToPointInTime", request)["status"] == 200
        found = texts(connection, f"A-{number}")
        assert len(found) == number + 1
        assert found == texts(connection, f"B-{number}")


def test_a_table_made_again_under_the_same_name_has_no_earlier_items(started):
    connection = started()
    create(connection)
    put(connection, "old", "1")
    before = moment()
    connection.call("DeleteTable", {"TableName": NAME})
    create(connection)
    put(connection, "new", "1")
    assert restore(connection, "Other", RestoreDateTime=before)["status"] == 400
    assert restore(connection, "Other", RestoreDateTime=moment())["status"] == 200
    assert texts(connection, "Other") == {"new": "1"}


def compacted(folder: Path, times: int, connection: Connection) -> None:
    """Write until the journal was compacted so many times since."""
    first = newest(folder)
    for number in range(10_000):
        put(connection, "filling", "x" * 400 + f"{number}")
        if newest(folder) >= first + times:
            return
        time.sleep(0.001)
    raise AssertionError("it was not compacted")


def newest(folder: Path) -> int:
    return max((int(path.stem) for path in (folder / "journal").glob("*.snapshot")), default=0)


def settled(folder: Path) -> list[Path]:
    """The files of a folder that no longer changes."""
    before, now = [folder], sorted(folder.glob("*"))
    while before != now:
        time.sleep(0.2)  # four sweeps
        before, now = now, sorted(folder.glob("*"))
    return now


@pytest.mark.parametrize(("size", "kept"), [("30000", True), ("0", False)])
def test_the_history_is_bounded(started, tmp_path, size, kept):
    connection = started(*SMALL, "--history-bytes", size)
    create(connection)
    put(connection, "a", "1")
    compacted(tmp_path, 6, connection)
    files = settled(tmp_path / "journal" / "history")
    assert bool(files) == kept
    assert sum(path.stat().st_size for path in files) < int(size) + 1
    earliest = described(connection)["EarliestRestorableDateTime"]
    assert restore(connection, "First", RestoreDateTime=earliest + 0.001)["status"] == 200
    assert restore(connection, "Earlier", RestoreDateTime=earliest - 0.01)["status"] == 400


def test_the_last_old_generation_stays_whatever_its_size(started, tmp_path):
    connection = started(*SMALL, "--history-bytes", "1")
    create(connection)
    put(connection, "a", "1")
    before = moment()
    compacted(tmp_path, 1, connection)
    assert restore(connection, "Other", RestoreDateTime=before)["status"] == 200
    assert texts(connection, "Other") == {"a": "1"}


def test_the_folder_of_an_older_version_gets_a_history_with_its_first_snapshot(started, tmp_path):
    connection = started()
    create(connection)
    put(connection, "a", "1")
    started.end()
    without_times(tmp_path / "journal")
    connection = started("--sweep-seconds", "0.05")
    limit = time.monotonic() + 20
    while newest(tmp_path) == 0:
        assert time.monotonic() < limit
        time.sleep(0.02)
    when = moment()
    put(connection, "b", "2")
    assert restore(connection, "Other", RestoreDateTime=when)["status"] == 200
    assert texts(connection, "Other") == {"a": "1"}


def without_times(folder: Path) -> None:
    """Write a journal as an older version did."""
    old = Journal(folder)
    records = [json.loads(payload) for payload in old.recover()]
    old.close()
    for path in folder.glob("0*"):
        path.unlink()
    new = Journal(folder)
    list(new.recover())
    for record in records:
        record.pop("at", None)
        new.append(dump(record))
    new.close()


def test_a_record_costs_a_fixed_number_of_bytes_more():
    record = b'{"effects":[]}'
    assert len(stamped(record, 1_800_000_000.123456)) - len(record) == 23
    assert moment_of(stamped(record, 1_800_000_000.25)) == 1_800_000_000.25


@pytest.mark.parametrize(
    "record", [b"{}", b'{"effects":[],"at":"no"}', b'{"a":{"at":1},"at":{"N":"1"}}', b'{"x":1,"at":']
)
def test_a_record_without_a_time_has_none(record):
    assert moment_of(record) is None


def test_the_clock_never_goes_back():
    times = iter([5.0, 3.0, 6.0, 1.0])
    clock = Clock(lambda: next(times))
    assert [clock(), clock(), clock()] == [5.0, 5.0, 6.0]
    clock.seen(9.0)
    assert clock() == 9.0

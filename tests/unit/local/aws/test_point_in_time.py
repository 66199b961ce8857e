"""A table at a moment is read from the old files of a journal as it was; each wrong version of the reading is found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local.aws.tables import point_in_time
from local.aws.tables.point_in_time import NotThere, apply, first_record, items_at, moment_of, stamped, with_time
from local.aws.tables.records import dump
from local.journal.history import FOLDER, Gone, History
from local.journal.log import Journal
from tests.unit.local.aws.stand_ins import Json, Store

ARN, OTHER = (f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}" for name in ("Users", "Other"))
READ, KEEP = items_at, History.keep
State = dict[str, dict[str, dict[str, Any]]]


class Model:
    """Two tables in a journal, compacted at random. `was` has the first one's items at moments, `None` without it."""

    def __init__(self, folder: Path, seed: int, most_bytes: int = 1 << 20) -> None:
        self.random = random.Random(seed)
        self.history = History(folder, moment_of, most_bytes)
        self.journal = Journal(folder, retire=self.history.keep, sync=lambda descriptor: None)
        list(self.journal.recover())
        self.now = 1000.0
        self.id = 0
        self.items: State = {}
        self.was: list[tuple[float, int, State]] = []
        self.journal.append(first_record(self.now))
        self.create()

    def create(self) -> None:
        """The table, or another one of its name."""
        self.id, self.items = self.id + 1, {}
        self.append(self.definitions())

    def definitions(self) -> bytes:
        tables = Store()
        tables.put("Users", {"TableId": f"{self.id}"})
        tables.put("Other", {"TableId": "other"})
        return dump({"definitions": {"tables": tables}}, Json().default)

    def append(self, payload: bytes) -> None:
        self.now += 1
        self.journal.append(stamped(payload, self.now))
        self.journal.flush()
        self.was.append((self.now, self.id, {key: dict(it) for key, it in self.items.items()}))

    def change(self) -> None:
        """One record of one to three effects, or a snapshot."""
        what = self.random.random()
        if what < 0.08:
            self.compact()
        elif what < 0.1:
            self.create()
        else:
            effects = [self.effect(self.random.choice([ARN, ARN, OTHER])) for _ in range(self.random.randint(1, 3))]
            self.append(dump({"effects": effects}))

    def effect(self, arn: str) -> list[Any]:
        key, sort = self.random.choice("ab"), self.random.choice("xy")
        item = {"n": self.random.randrange(99), "at": {"N": "1"}} if self.random.random() < 0.7 else None
        if self.random.random() < 0.02:
            key, sort, item = None, None, None  # type: ignore[assignment]
        if arn == ARN:
            self.set(key, sort, item)
        return [arn, key, sort, item]

    def set(self, key: str | None, sort: str, item: Any) -> None:
        if key is None:
            self.items = {}
        else:
            rows = {**self.items.get(key, {}), sort: item}
            self.items[key] = {name: row for name, row in rows.items() if row}
            self.items = {name: row for name, row in self.items.items() if row}

    def compact(self) -> None:
        effects = [[ARN, key, sort, item] for key, rows in self.items.items() for sort, item in rows.items()]
        generation = self.journal.rotate()
        records = iter([self.definitions(), dump({"effects": effects}), b'{"service":"sqs"}'])
        self.journal.write_snapshot(generation, with_time(records, self.now))
        self.history.trim(self.now)

    def read(self, moment: float, table_id: int) -> State:
        [*_, base] = [it.generation for it in self.history.beginnings() if it.moment <= moment]
        with closing(self.history.payloads(base)) as records:
            return items_at(records, ARN, f"{table_id}", moment, Json().object_hook)

    def wrong(self, earliest: float = 0) -> int:
        """How many of all moments are not read as they were."""
        moments = [it for it in self.was if it[0] >= earliest]
        return sum(self.read(moment + 0.5, table_id) != items for moment, table_id, items in moments)


def model(folder: Path, seed: int, changes: int = 150, **more: Any) -> Model:
    made = Model(folder, seed, **more)
    for _ in range(changes):
        made.change()
    return made


@pytest.mark.parametrize("seed", range(10))
def test_each_moment_is_read_as_it_was(tmp_path, seed):
    made = model(tmp_path, seed)
    assert len(made.history.beginnings()) > 3
    assert made.wrong() == 0
    made.journal.close()
    assert len(list(Journal(tmp_path).recover())) < 150  # the journal itself has only the last generation


def only_now(records: Iterator[bytes], arn: str, table_id: str, _moment: float, hook: Any) -> Any:
    return READ(records, arn, table_id, 1e12, hook)


def without_id(records: Iterator[bytes], arn: str, _table_id: str, moment: float, hook: Any) -> Any:
    for table_id in "123456789":
        try:
            return READ(records, arn, table_id, moment, hook)
        except NotThere:
            continue
    return {}


def no_deletions(items: State, key: str, sort: str, item: Any) -> None:
    if item:
        apply(items, key, sort, item)


def no_clearing(items: State, key: str | None, sort: str, item: Any) -> None:
    if key:
        apply(items, key, sort, item)


def excluding(records: Iterator[bytes], arn: str, table_id: str, moment: float, hook: Any) -> Any:
    return READ(records, arn, table_id, moment - 1, hook)


def keep_snapshots(self: History, path: Path) -> None:
    if path.suffix == ".snapshot":
        KEEP(self, path)
    path.unlink(missing_ok=True)


WRONG: dict[str, tuple[Any, str, Any]] = {
    "the items of now": (None, "items_at", only_now),
    "any table of the name": (None, "items_at", without_id),
    "the record before": (None, "items_at", excluding),
    "no deletions": (point_in_time, "apply", no_deletions),
    "a table is never emptied": (point_in_time, "apply", no_clearing),
    "any table": (point_in_time, "scope_of", lambda arn: ("000000000000", "us-east-1", "Other")),
    "records have no time": (point_in_time, "moment_of", lambda record: None),
    "logs are not kept": (History, "keep", keep_snapshots),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_found(tmp_path, monkeypatch, name):
    target, attribute, wrong = WRONG[name]
    if target:
        monkeypatch.setattr(target, attribute, wrong)
    else:
        monkeypatch.setitem(globals(), attribute, wrong)
    found = 0
    for seed in range(4):
        (folder := tmp_path / f"{seed}").mkdir()
        try:
            found += model(folder, seed).wrong()
        except (NotThere, Gone, ValueError):
            found += 1
    assert found > 0


def old_files(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*"))


def test_what_is_too_large_goes_the_oldest_first(tmp_path):
    made = model(tmp_path, 1, 400, most_bytes=8000)
    kept = sorted({int(path.stem) for path in old_files(tmp_path)})
    assert len(kept) > 1
    assert sum(path.stat().st_size for path in old_files(tmp_path)) <= 8000
    assert kept == list(range(kept[0], made.journal.generation))
    earliest = made.history.beginnings()[0].moment
    assert earliest > made.was[0][0]
    assert made.wrong(earliest) == 0


def test_what_is_too_old_goes(tmp_path):
    made = model(tmp_path, 1, 400)
    beginnings = made.history.beginnings()
    made.history.trim(beginnings[3].moment + made.history.seconds + 0.1)
    assert made.history.beginnings() == beginnings[3:]


def test_the_last_old_generation_stays(tmp_path):
    made = model(tmp_path, 1, 400, most_bytes=1)
    made.history.trim(1e12)
    assert {int(path.stem) for path in old_files(tmp_path)} == {made.journal.generation - 1}
    History(tmp_path, moment_of, 0).trim(0)
    assert old_files(tmp_path) == []


def test_without_a_log_in_between_what_was_before_cannot_be_read(tmp_path):
    made = model(tmp_path, 1)
    middle = made.journal.generation - 2
    (tmp_path / FOLDER / f"{middle:08d}.log").unlink()
    assert [it.generation for it in made.history.beginnings()] == [middle + 1, middle + 2]
    with pytest.raises(Gone):
        list(made.history.payloads(middle))


def test_a_file_that_cannot_be_kept_is_removed(tmp_path):
    made = Model(tmp_path, 1)
    (tmp_path / FOLDER).write_text("no folder")
    made.compact()
    assert sorted(path.name for path in tmp_path.glob("0*")) == ["00000001.log", "00000001.snapshot"]

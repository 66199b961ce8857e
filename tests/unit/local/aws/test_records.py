"""A transaction token is in the journal for as long as DynamoDB knows it: ten minutes."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from local.aws.emulator.internals import DynamoDB, entries
from local.aws.tables.records import Replay, dump, snapshot
from local.journal.log import Journal, read_snapshot
from tests.support.kills import Victim

MINUTE = 60
EACH = 500  # tokens of each age in a folder


@pytest.fixture
def dynamodb():
    made = DynamoDB()
    yield made
    entries(made.tokens).clear()


def stored(age: float) -> list[object]:
    """A token as a record has it."""
    return ["000000000000", "us-east-1", f"{age}", {"completed_at": time.time() - age}]


def test_an_old_token_is_not_loaded(dynamodb):
    Replay(dynamodb).replay({"tokens": [stored(9 * MINUTE), stored(11 * MINUTE)]})
    assert [name for *_, name in entries(dynamodb.tokens)] == [f"{9 * MINUTE}"]


def test_an_old_token_is_not_written(dynamodb):
    for age in (9 * MINUTE, 11 * MINUTE):
        *scope, entry = stored(age)
        dynamodb.tokens.set_scoped(*scope, entry)
    records = [json.loads(record) for record in snapshot(dynamodb)]
    assert [token[2] for record in records for token in record.get("tokens", ())] == [f"{9 * MINUTE}"]


def snapshots(folder: Path) -> list[Path]:
    """Those of a journal, the newest last."""
    return sorted((folder / "journal").glob("*.snapshot"))


def compacted(folder: Path) -> Path:
    """Run the emulated AWS over a folder until its journal is a snapshot; that snapshot."""
    victim = Victim(folder, "--compact-bytes", "100", "--sweep-seconds", "0.05")
    last = time.monotonic() + 30
    while not snapshots(folder) and time.monotonic() < last:
        time.sleep(0.05)
    victim.end()
    return snapshots(folder)[-1]


def test_of_a_folder_with_old_tokens_none_is_left_after_a_start_and_a_snapshot(tmp_path):
    (tmp_path / "journal").mkdir()
    list((journal := Journal(tmp_path / "journal")).recover())
    for number in range(EACH):
        for age in (11 * MINUTE + number, MINUTE + number / EACH):
            journal.append(dump({"tokens": [stored(age)]}))
    journal.close()
    left = [float(token[2]) for record in read_snapshot(compacted(tmp_path)) for token in tokens_of(record)]
    assert len(left) == EACH
    assert max(left) < 10 * MINUTE


def tokens_of(record: bytes) -> list[list[object]]:
    """The tokens in a record."""
    found: list[list[object]] = json.loads(record).get("tokens", [])
    return found

"""What was answered is there after `kill -9`, whole, and nothing else is."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.support.kills import Victim, Writer, compare, create_tables, kill_under_load

WRITERS = 8
KILLS = int(os.environ.get("KILLS", "200"))
ROUND = 50  # kills over one folder: the more it holds, the longer each start takes to read it
SMALL = ("--compact-bytes", "60000", "--sweep-seconds", "0.05")  # so that kills fall into snapshots too


def survive(data: Path, kills: int) -> tuple[list[str], int]:
    """What did not agree over that many kills, and how many writes were answered."""
    first = Victim(data)
    create_tables(first.port)
    assert first.stop() == 0
    writers = [Writer(number) for number in range(WRITERS)]
    wrong: list[str] = []
    for _ in range(kills):
        wrong += kill_under_load(data, writers, random.uniform(0.02, 0.4), *SMALL)
    last = Victim(data)
    wrong += compare(last.port, writers)
    last.stop()
    return wrong, sum(writer.answered for writer in writers)


def test_ten_kills_under_load_lose_nothing(tmp_path):
    wrong, answered = survive(tmp_path, 10)
    assert wrong == []
    assert answered > 100


@pytest.mark.deep
@pytest.mark.timeout(7200)
def test_many_kills_under_load_lose_nothing(tmp_path, record_property):
    wrong, answered = [], 0
    for first in range(0, KILLS, ROUND):
        lost, told = survive(tmp_path / str(first), min(ROUND, KILLS - first))
        wrong, answered = wrong + lost, answered + told
        done = min(first + ROUND, KILLS)
        print(f"{done} kills, {answered} answered writes, {len(wrong)} not as answered", flush=True)
    assert wrong == []

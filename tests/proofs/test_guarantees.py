"""docs/reference/guarantees.md names tests that there are, and leaves no story out."""

from __future__ import annotations

import re
from pathlib import Path

from tests.proofs.faults.stories import STORIES
from tests.proofs.system import ROOT
from users.single_write import UNDER_WAY

TEXT = " ".join((ROOT / "docs/reference/guarantees.md").read_text().split())
PROOFS = Path(__file__).parent


def test_every_test_it_names_is_there():
    named = set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", TEXT))
    assert len(named) > 15
    for file, test in named:
        [path] = PROOFS.rglob(file)
        assert f"def {test}(" in path.read_text(), f"{file}::{test}"


def test_every_test_elsewhere_that_it_names_is_there():
    named = set(re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", TEXT))
    assert len(named) > 15
    for file, test in named:
        assert (f"def {test}(" if test else "def test_") in (ROOT / file).read_text(), f"{file}::{test}"


def test_it_tells_of_every_story():
    told = set(re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", TEXT))
    assert told == set(STORIES)


def test_its_minute_is_the_one_that_a_single_update_waits():
    assert "more than a minute before it began" in TEXT
    assert UNDER_WAY == 60

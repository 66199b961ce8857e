"""A count is taken again only when what it depends on has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.cold_start import counts, instructions
from benchmarks.cold_start.instructions import Instructions
from benchmarks.ground.interpreter import Interpreter
from benchmarks.peers.table import EMPTY, Subject


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subjects counted so far, each with one instruction more than the last."""
    keys: list[str] = []

    def count(_machine: Any, subject: Subject, _package: Any) -> Instructions:
        keys.append(subject.key)
        return Instructions(len(keys), len(keys))

    monkeypatch.setattr(instructions, "count", count)
    return keys


def test_counts_are_kept_until_the_package_the_environment_or_the_interpreter_changes(taken, tmp_path):
    stage: Any = SimpleNamespace(interpreter=Interpreter(Path("/python"), "3.13.0", tmp_path, tmp_path))
    package: Any = None
    first = counts.count(stage, Subject(EMPTY, "get"), package)
    assert counts.count(stage, Subject(EMPTY, "get"), package) == first
    counts.count(stage, Subject(replace(EMPTY, environment={"A": "1"}), "get"), package)
    stage.interpreter = replace(stage.interpreter, version="3.13.1")
    counts.count(stage, Subject(EMPTY, "get"), package)
    assert len(taken) == 3

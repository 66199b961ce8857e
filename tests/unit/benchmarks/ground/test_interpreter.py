"""Finding the interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.ground import interpreter
from benchmarks.ground.interpreter import benchmarked, cores, find, version_of


def test_what_is_found_runs_and_says_its_version():
    found = find()
    assert version_of(found.python) == found.version


def test_an_interpreter_that_does_not_start_has_no_version(tmp_path):
    assert version_of(tmp_path / "python") == ""
    broken = tmp_path / "shim"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    assert version_of(broken) == ""


def test_without_the_wanted_version_the_running_one_is_taken(monkeypatch):
    monkeypatch.setattr(interpreter, "candidates", lambda: iter([Path("/nowhere/python3.13")]))
    assert find().version == sys.version.split()[0]


def test_each_version_has_an_environment_of_its_own():
    assert benchmarked(Path("/a"), "3.13.1").home != benchmarked(Path("/a"), "3.12.1").home


def test_cores_are_ones_this_process_may_use():
    given = cores()
    assert given.function
    assert given.apart == (given.function != given.driver)

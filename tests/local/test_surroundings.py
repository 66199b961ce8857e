"""`make run` and `make test` on a machine whose environment belongs to something else."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.server import ROOT
from tests.support.surroundings import SETTINGS, surroundings

pytestmark = [pytest.mark.deep, pytest.mark.parametrize("name", SETTINGS)]


def test_it_starts(tmp_path: Path, name: str) -> None:
    data = tmp_path / "the data \u00e9"
    process = subprocess.Popen(
        ["make", "-s", "run"],
        cwd=ROOT,
        env={**surroundings(tmp_path, name), "PORT": "0", "DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert process.stdout
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if "One line per request follows" in line:
                break
        else:
            pytest.fail("".join(said))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
    assert data.is_dir()


def test_the_tests_are_found(tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        ["make", "-s", "test", "ARGS=--collect-only -n 0 tests/unit tests/api"],
        cwd=ROOT,
        env=surroundings(tmp_path, name),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "tests/unit/operate/test_main.py" in done.stdout

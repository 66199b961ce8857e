"""The tests of the search can fail: each wrong version is caught. Few of them run each time, all in the deep form."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT
from tests.unit.search.wrong import WRONG

FOLDERS = ("src", "tests", "tools", "local", "operate")
FILES = ("pyproject.toml", "template.yaml", "openapi.yaml", "api-gateway.yaml")
QUICK = ("a user that the index never had leaves no mark", "what is found is not matched again", "й is и")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy to be made wrong."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("fault", [pytest.param(it, marks=() if it in QUICK else pytest.mark.deep) for it in WRONG])
def test_a_wrong_version_is_caught(project: Path, fault: str) -> None:
    edit, file = WRONG[fault]
    edit.apply(project / "src")
    tests = f"tests/unit/search/{file}"
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:xdist", "-m", "not deep", tests]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=250)
    assert (done.returncode, f"FAILED {tests}" in done.stdout) == (1, True), done.stdout[-2000:] + done.stderr[-2000:]

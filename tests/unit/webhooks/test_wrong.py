"""The tests of webhooks can fail: each wrong version is caught, and the right one is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT
from tests.unit.webhooks.wrong import WRONG

pytestmark = pytest.mark.slow

FOLDERS = ("src", "tests", "tools", "local")
FILES = ("pyproject.toml", "template.yaml", "openapi.yaml", "api-gateway.yaml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy to be made wrong."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, tmp_path)
    return tmp_path


def tested(project: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:xdist", "-m", "not deep", *tests]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=250)


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_version_is_caught(project: Path, fault: str) -> None:
    edit, tests = WRONG[fault]
    edit.apply(project / "src")
    done = tested(project, tests)
    assert (done.returncode, f"FAILED {tests}" in done.stdout) == (1, True), done.stdout[-2000:] + done.stderr[-2000:]


def test_the_right_version_is_not(project: Path) -> None:
    done = tested(project, *sorted({tests for _, tests in WRONG.values()}))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

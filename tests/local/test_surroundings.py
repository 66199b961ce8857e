"""`make run` on a machine whose environment belongs to something else."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.server import ROOT

SETTINGS = {
    "modules of our names": {"PYTHONPATH": "{folder}", "PYTHONHOME": "{folder}", "PYTHONSAFEPATH": "1"},
    "optimized": {"PYTHONOPTIMIZE": "2", "PYTHONINSPECT": "1", "PYTHONSTARTUP": "{folder}/json.py"},
    "warnings": {"PYTHONWARNINGS": "error", "PYTHONNOUSERSITE": "1"},
    "no UTF-8": {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    "pip and uv": {"PIP_USER": "1", "PIP_TARGET": "{folder}", "UV_PYTHON": "3.9", "VIRTUAL_ENV": "{folder}"},
    "make and the shell": {"MAKEFLAGS": "k", "CDPATH": "{folder}"},
}


@pytest.mark.deep
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_it_starts(tmp_path: Path, settings: dict[str, str]) -> None:
    folder = tmp_path / "another project"
    folder.mkdir()
    for name in ("json", "asyncio", "local", "tools", "tests"):
        (folder / f"{name}.py").write_text("raise SystemExit('not this one')\n")
    told = {name: value.format(folder=folder) for name, value in settings.items()}
    process = subprocess.Popen(
        ["make", "-s", "run"],
        cwd=ROOT,
        env={**os.environ, "PORT": "0", "DATA": str(tmp_path / "the data"), **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if "The API is running at" in line:
                break
        else:
            pytest.fail("".join(said))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=30)
    assert (tmp_path / "the data").is_dir()

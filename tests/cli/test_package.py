"""The package that people install: what is in it, and that it starts."""

from __future__ import annotations

import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.server import ROOT

pytestmark = pytest.mark.slow


def test_the_package_has_the_program_and_nothing_else(tmp_path: Path) -> None:
    uv, python = ROOT / ".local" / "venv" / "bin" / "uv", ROOT / ".local" / "cli" / "bin" / "python"
    built = tmp_path / "built"
    options = ["--wheel", "--no-build-isolation", "--offline", "--python", str(python), "--out-dir", str(built)]
    subprocess.run([str(uv), "build", *options, str(ROOT / "cli")], check=True, capture_output=True)
    [wheel] = built.glob("users_cli-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        opened.extractall(tmp_path / "unpacked")
    sources = {path.relative_to(ROOT / "cli" / "src").as_posix() for path in (ROOT / "cli" / "src").rglob("*.py")}
    assert {name for name in names if ".dist-info/" not in name} == sources | {"users_cli/py.typed"}
    path = f"import sys; sys.path.insert(0, {str(tmp_path / 'unpacked')!r})"
    start = "import users_cli.__main__ as it; print(it.__file__); it.run()"
    run = [str(python), "-I", "-c", f"{path}; {start}", "--version"]
    done = subprocess.run(run, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert str(tmp_path / "unpacked") in done.stdout


def test_the_package_asks_for_what_the_list_pins() -> None:
    asked = tomllib.loads((ROOT / "cli" / "pyproject.toml").read_text())["project"]["dependencies"]
    listed = (ROOT / "requirements" / "cli.in").read_text().splitlines()[1:]
    assert sorted(it.split(">=")[0] for it in asked) == sorted(set(listed) - {"flit-core"})

"""The Makefile: each target has its help, `programs` alone leaves .local/, settings of Python stay outside."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z][a-z-]*):", TEXT, re.MULTILINE)


def make(*arguments: str, **settings: str) -> str:
    """What make prints."""
    done = subprocess.run(
        ["make", "-s", *arguments], cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_every_target_has_help_and_is_no_file() -> None:
    listed = re.findall(r"^  make ([a-z-]+) +\S", make("help"), re.MULTILINE)
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
    assert phony
    assert sorted(listed) == sorted(TARGETS) == sorted(phony[1].replace("\\", "").split())


@pytest.mark.parametrize("target", [target for target in TARGETS if target not in ("programs", "clean")])
def test_a_target_installs_no_program(target: str) -> None:
    commands = make("-n", target)
    assert "programs.py" not in commands
    assert "apt" not in commands


def test_programs_are_installed_by_a_target_of_their_own() -> None:
    assert "tools/programs.py" in make("-n", "programs")


def test_lint_and_run_install_what_they_need_and_no_more() -> None:
    sets = {name: re.findall(r"install\.py (.*)", make("-n", name)) for name in ("run", "lint", "cli", "test")}
    assert sets == {"run": ["run"], "lint": ["dev node"], "cli": ["cli"], "test": ["run dev node sam static cli docs"]}


def test_what_a_target_starts_is_not_told_the_developers_python(tmp_path: Path) -> None:
    told = {"PYTHONHOME": "/x", "PYTHONPATH": "/x", "PYTHONSAFEPATH": "1", "PYTHONOPTIMIZE": "1", "PYTHONINSPECT": "1"}
    (tmp_path / "show.mk").write_text("show:\n\t@env\n")
    shown = make("-f", "Makefile", "-f", str(tmp_path / "show.mk"), "show", **told, PYTHONUNBUFFERED="1")
    assert re.findall(r"^(PYTHON\w+)=", shown, re.MULTILINE).count("PYTHONUNBUFFERED") == 1
    assert told.keys() & set(re.findall(r"^(PYTHON\w+)=", shown, re.MULTILINE)) == set()


def test_what_a_target_starts_reads_and_writes_utf_8_in_every_locale(tmp_path: Path) -> None:
    ask = "import sys, os; print(open(os.devnull).encoding, sys.stdout.encoding)"
    (tmp_path / "show.mk").write_text(f"show:\n\t@python3 -c '{ask}'\n")
    told = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    assert make("-f", "Makefile", "-f", str(tmp_path / "show.mk"), "show", **told).lower() == "utf-8 utf-8\n"

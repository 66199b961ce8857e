"""`python -m operate` lists every command with what it changes; wrong usage is status 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from operate.__main__ import COMMANDS
from tests.support.surroundings import SETTINGS, surroundings

ROOT = Path(__file__).resolve().parents[3]
IS_A_COMMAND = "\nCHANGES = "


def operate(*arguments: str) -> tuple[int, str]:
    """Run it without credentials: exit status and what it says."""
    line = [sys.executable, "-m", "operate", *arguments]
    done = subprocess.run(line, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


# The interpreter itself rejects these before it finds any of our files; the page of troubleshooting says what to do.
REJECTED = {"another home": "Fatal Python error", "a safe path": "No module named operate"}


@pytest.mark.parametrize("name", SETTINGS)
def test_it_works_or_says_why_not_in_an_environment_of_something_else(tmp_path, name):
    line = [sys.executable, "-m", "operate"]
    environment = surroundings(tmp_path, name)
    done = subprocess.run(
        line, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if name in REJECTED:
        assert done.returncode
        assert REJECTED[name] in done.stderr
        assert f"`{REJECTED[name]}`" in (ROOT / "docs/how-to/troubleshooting.md").read_text()
    else:
        assert all(f"    {command} " in done.stdout for command in COMMANDS), done.stdout + done.stderr
        assert ("PYTHONOPTIMIZE" in done.stdout) == (name == "optimized")


def test_every_command_is_listed_with_what_it_changes():
    status, said = operate()
    modules = [path for path in (ROOT / "operate").rglob("*.py") if IS_A_COMMAND in path.read_text()]
    commands = {path.stem.replace("_", "-") for path in modules}
    listed = {line.split()[0] for line in said.splitlines() if line.startswith("    ") and line[4] != " "}
    assert (status, listed) == (0, commands)
    assert said.count("Changes ") == len(commands)


@pytest.mark.parametrize("arguments", [["no-such-command"], ["copy-users"], ["check-claims", "--users", "x"]])
def test_wrong_usage_is_told(arguments):
    status, said = operate(*arguments)
    assert (status, said.startswith("usage: ")) == (2, True)


@pytest.mark.parametrize("command", ["copy-users", "check-claims"])
def test_a_command_tells_how_it_is_used(command):
    status, said = operate(command, "--help")
    assert status == 0
    assert f"python -m operate {command} " in said
    assert "--write" in said


def test_what_keeps_it_from_starting_is_one_line():
    status, said = operate("check-claims", "--users", "x", "--keys", "y")
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("check-claims: ")

"""The page of the command line is its help, and a completion completes."""

from __future__ import annotations

import re
import subprocess

import pytest
import typer.main

from tests.cli import reference
from tests.cli.conftest import Run
from tests.support.server import Server
from tools import marks
from users_cli.app import STATUSES, app


@pytest.mark.parametrize("name", reference.PARTS)
def test_the_page_is_the_help(name: str) -> None:
    page = reference.PAGE.read_text()
    assert marks.between(page, name) == reference.PARTS[name](), "run: python -m tests.cli.reference --write"


def test_a_difference_is_noticed() -> None:
    page = reference.PAGE.read_text()
    for seed in ("`--if-match` `TAG`", "| 4 |", "`USERS_TOKEN`"):
        assert sum(seed in marks.between(page, name) for name in reference.PARTS) == 1


def test_each_command_and_each_status_is_on_the_page(run: Run) -> None:
    page = reference.PAGE.read_text()
    listed = re.findall(r"^  ([a-z]+)  ", run("--help").out.split("Commands:")[1], re.MULTILINE)
    assert len(listed) > 10
    assert [name for name in listed if f"### `users {name}" not in page] == []
    said = re.findall(r"(\d+): ", " ".join(STATUSES.split()))
    assert said == re.findall(r"^\| (\d+) \|", marks.between(page, "statuses"), re.MULTILINE)


def test_each_command_has_help_for_each_option(run: Run) -> None:
    for call, command in reference.commands(typer.main.get_command(app)):
        assert all(getattr(it, "help", None) for it in command.params), call


@pytest.mark.parametrize(
    ("words", "expected"),
    [("users wat", "watch"), ("users list --js", "--json"), ("users list --profile st", "staging")],
)
def test_a_shell_completes_commands_options_and_profiles(program, run: Run, server: Server, words, expected) -> None:
    run("profile", "add", "staging", "--url", server.url)
    command, environment = program
    asked = {"_USERS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(command, env={**environment, **asked}, capture_output=True, text=True)
    assert expected in done.stdout.split()

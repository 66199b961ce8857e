"""The command line, run in this process and over real HTTP: a process for each command would take most of the time."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keyring
import pytest

from tests.cli.ring import Ring
from tests.support.server import ROOT, Server
from users_cli.app import main

INSTALLED = ROOT / ".local" / "cli" / "bin" / "users"
VARIABLES = ("USERS_URL", "USERS_PROFILE", "USERS_API_KEY", "USERS_TOKEN", "USERS_CLIENT_SECRET")


@dataclass
class Ran:
    """How a command has ended, and what it has printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """Runs `users` with these arguments; it has no profile. `typed` is its input."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USERS_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "120")
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())

    def ran(*arguments: str, typed: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        capsys.readouterr()
        status = main(arguments)
        return Ran(status, *capsys.readouterr())

    yield ran
    keyring.set_keyring(before)


@pytest.fixture
def users(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same, against `make run` with its defaults."""
    monkeypatch.setenv("USERS_URL", server.url)
    return run


@pytest.fixture
def program(server: Server, tmp_path: Path) -> tuple[list[str], dict[str, str]]:
    """The installed program and its environment, for tests that need a process or a terminal."""
    kept = {name: value for name, value in os.environ.items() if name not in (*VARIABLES, "PYTHONPATH")}
    settings = {"USERS_URL": server.url, "USERS_CONFIG_DIR": str(tmp_path / "config"), "COLUMNS": "120"}
    return [str(INSTALLED)], {**kept, **settings}

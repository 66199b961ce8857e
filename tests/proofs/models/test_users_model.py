"""The design, model checked: it holds as it stands, and each of its conditions is needed."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.proofs.figures import figures

pytestmark = pytest.mark.needs("spin", "cc")
MODEL = Path(__file__).with_name("users.pml")
MEGABYTES = 6000
DEPTH = 200_000
SECOND_LINES = ("OWNER", "OWNER_AND_DELETE_VERSION")  # see users.pml


@dataclass(frozen=True)
class Search:
    """What the checker came to: the assertion that failed, if one did, and how many states it saw."""

    failed: str
    states: int
    complete: bool
    text: str


def parts() -> dict[str, int]:
    """What the model can be run without, by name."""
    found = re.findall(r"^#define (\w+) +(\d+)(?: +/\*.*)?$", MODEL.read_text(), re.MULTILINE)
    named = {name: int(number) for name, number in found}
    return {name: named[name] for name in named if 0 < named[name] <= named["OWNER_AND_DELETE_VERSION"]
            and name not in ("IDS", "EMAILS", "CLIENTS", "LOSSES", "ANY")}  # fmt: skip


def built(folder: Path, *options: str, fast: bool = False, clients: int = 2, losses: int = 1) -> Path:
    """The checker of the model, compiled for so many clients and losses."""
    defined = [f"-DCLIENTS={clients}", f"-DLOSSES={losses}", *options]
    run(["spin", "-a", *defined, str(MODEL)], folder)
    flags = ["-O2" if fast else "-O1", "-w", "-DSAFETY", f"-DMEMLIM={MEGABYTES}", "-DHC4" if fast else "-DCOLLAPSE"]
    run(["cc", *flags, "-o", "pan", "pan.c"], folder)
    return folder / "pan"


def run(command: list[str], folder: Path, **settings: str) -> str:
    """A program's output; it must end well."""
    done = subprocess.run(command, cwd=folder, env={**os.environ, **settings}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def search(checker: Path, without: int = 0) -> Search:
    """Look through every state, or up to the first that is wrong."""
    text = run([str(checker), f"-m{DEPTH}", "-E"], checker.parent, WITHOUT=str(without))
    failed = re.search(r"assertion violated (.*) \(at depth", text)
    states = re.search(r"(\d+) states, stored", text)
    complete = "Search not completed" not in text and "max search depth too small" not in text
    return Search(failed[1].strip() if failed else "", int(states[1]) if states else 0, complete, text)


def assert_holds(found: Search) -> None:
    assert not found.failed, found.text
    assert found.complete, found.text


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checker for two clients that may each lose one request or answer; processes of one run build it once."""
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if not run_id:
        return built(tmp_path_factory.mktemp("model"))
    folder = tmp_path_factory.getbasetemp().parent / f"model-{run_id}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder / "pan" if (folder / "pan").exists() else built(folder)


def test_the_design_holds(checker: Path) -> None:
    found = search(checker)
    assert_holds(found)
    assert found.states > 100_000, "the model does hardly anything"
    figures("model states", found.states, violations=0)


@pytest.mark.parametrize("part", [name for name in parts() if name not in SECOND_LINES])
def test_without_one_part_it_does_not(checker: Path, part: str) -> None:
    found = search(checker, parts()[part])
    assert found.failed, f"nothing fails without {part}"
    figures("parts the model cannot do without", 1)


def test_the_owner_of_a_claim_is_a_second_line(checker: Path) -> None:
    """As long as a delete asks for the version it has read, the claim it gives up is its user's."""
    assert_holds(search(checker, parts()["OWNER"]))


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("clients", "losses"), [(2, 2), (3, 0)])
def test_the_design_holds_for_more(tmp_path: Path, clients: int, losses: int) -> None:
    found = search(built(tmp_path, clients=clients, losses=losses, fast=True))
    assert_holds(found)
    figures("model states", found.states, violations=0)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_second_line_keeps_what_is_anothers(tmp_path: Path) -> None:
    """Where a delete does not ask for the version, the owner asked for still keeps others from losing their claim."""
    checker = built(tmp_path, "-DONLY_OWNERS", clients=3, losses=0, fast=True)
    assert_holds(search(checker, parts()["DELETE_VERSION"]))
    assert search(checker, parts()["OWNER_AND_DELETE_VERSION"]).failed

"""`make programs`: what it says, what it asks, what it installs; and the tests that go without."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import talk
from tools import programs

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "tools" / "programs.py"
STUB = '#!/bin/sh\necho "${0##*/} $*" >>"$LOG"\n'
INSTALLED = ["apt-get update -q", "apt-get install -y -q --no-install-recommends"]


class Machine:
    """A machine with these programs alone; those that would change it only say how they were called."""

    def __init__(self, folder: Path, *there: str) -> None:
        self.path, self.log = folder / "bin", folder / "log"
        self.path.mkdir()
        for name in there:
            (self.path / name).write_text(STUB)
            (self.path / name).chmod(0o755)
        (self.path / "python3").symlink_to(sys.executable)
        for name in ("sh", "env"):
            (self.path / name).symlink_to(str(shutil.which(name)))
        kept = {name: value for name, value in os.environ.items() if name not in ("CI", "YES")}
        self.environment = {**kept, "PATH": str(self.path), "LOG": str(self.log)}

    def run(self, **settings: str) -> subprocess.CompletedProcess[str]:
        """Without a terminal."""
        return subprocess.run(
            [sys.executable, SCRIPT],
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def talk(self, answer: str, **settings: str) -> tuple[int, str]:
        """On a terminal."""
        return talk([sys.executable, SCRIPT], {**self.environment, **settings}, {"go on?": answer})

    @property
    def called(self) -> list[str]:
        """How the stand-ins were called."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line[line.index("apt-get") :] for line in lines]


ALL = tuple(programs.PROGRAMS)


def test_nothing_is_done_when_nothing_is_missing(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "apt-get", "sudo", *ALL)
    done = machine.run()
    assert (done.returncode, done.stdout, machine.called) == (0, "programs: nothing is missing\n", [])


def test_it_says_what_it_will_install_and_does(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "apt-get", "sudo", "chromedriver", "curl", "git", "openssl", "valgrind", "spin")
    done = machine.run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("programs: missing: ab, cc\nprograms: will run: ")
    assert "apt-get install apache2-utils gcc libc6-dev\n" in done.stdout
    assert machine.called == [INSTALLED[0], f"{INSTALLED[1]} apache2-utils gcc libc6-dev"]


@pytest.mark.parametrize(
    ("answer", "settings", "goes_on"), [("y", {}, True), ("", {}, False), ("", {"YES": "1"}, True)]
)
def test_on_a_terminal_it_asks(tmp_path: Path, answer: str, settings: dict[str, str], goes_on: bool) -> None:
    machine = Machine(tmp_path, "apt-get", "sudo", *(set(ALL) - {"spin"}))
    status, screen = machine.talk(answer, **settings)
    assert status == (0 if goes_on else 1), screen
    assert ("go on?" in screen) == (not settings)
    assert machine.called == ([INSTALLED[0], f"{INSTALLED[1]} spin"] if goes_on else [])


def test_what_apt_get_refuses_is_a_failure(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "apt-get", "sudo")
    for name in ("apt-get", "sudo"):
        (machine.path / name).write_text("#!/bin/sh\nexit 100\n")
    done = machine.run()
    assert done.returncode == 1
    assert "100" in done.stderr


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (("brew", "dnf"), ["  brew install spin    # has no valgrind", "  dnf install valgrind    # has no spin"]),
        (("apk",), ["  apk add valgrind    # has no spin"]),
        ((), ["  brew install spin    # has no valgrind", "  dnf install valgrind    # has no spin"]),
    ],
)
def test_without_apt_get_it_says_what_to_install_and_fails(
    tmp_path: Path, there: tuple[str, ...], said: list[str]
) -> None:
    machine = Machine(tmp_path, *there, *(set(ALL) - {"spin", "valgrind"}))
    done = machine.run()
    assert done.returncode == 1
    assert "there is no apt-get here" in done.stderr
    assert [line for line in said if line not in done.stderr.splitlines()] == []
    assert machine.called == []


# -- what tests do without them ----------------------------------------------------------------------------------------

TESTS = "tests/unit/dynamodb/test_tls.py"


def outcome(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Tests that need openssl, on a machine without."""
    machine = Machine(tmp_path)
    command = [sys.executable, "-m", "pytest", "-k", "looks_for_it or bundle_is_the_only", TESTS]
    environment = {**machine.environment, **settings}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_a_test_is_skipped_with_the_reason_where_its_program_is_missing(tmp_path: Path) -> None:
    done = outcome(tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^1 passed, 5 skipped", done.stdout, re.MULTILINE)
    assert "skipped for missing programs: 5 for openssl (`make programs` installs them)\n" in done.stdout


@pytest.mark.slow
def test_in_ci_a_missing_program_is_a_failure(tmp_path: Path) -> None:
    done = outcome(tmp_path, CI="true")
    assert done.returncode == 1
    assert "openssl: not installed; `make programs` installs what is missing" in done.stdout
    assert re.search(r"^1 passed.* 5 errors", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_a_program_that_nobody_can_install_is_no_reason_to_skip(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\n@pytest.mark.needs('nonesuch')\ndef test_it(): pass\n")
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "tools/programs.py does not know ['nonesuch']" in done.stdout


def test_each_program_is_needed_by_a_test() -> None:
    """And each is started by one that says so: no other name of a program is called."""
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    needed = {name for text in texts for name in ALL if re.search(rf'\.needs\([^)]*"{name}"', text)}
    assert needed == set(ALL)
    starting = [text for text in texts if any(f'(["{name}"' in text or f' ["{name}", "' in text for name in ALL)]
    assert [text[:200] for text in starting if ".needs(" not in text] == []

"""The interpreter the functions run on, its environment of hash-pinned peers, and the cores everything is pinned to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.install import VENV, InstallError, install_apart

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / ".local"
REQUIREMENTS = ROOT / "requirements" / "bench.txt"
WANTED = "3.13"  # what the deployed functions run on


class BenchmarkError(Exception):
    """Something that stops a benchmark; its text is one sentence that says what to do."""


@dataclass(frozen=True)
class Interpreter:
    """A Python to run functions with, and the folder its peers are installed in."""

    python: Path
    version: str
    home: Path  # what is built for it is kept here
    site: Path  # where AWS's runtime client and the peers are installed

    @property
    def short(self) -> str:
        """3.13, of 3.13.0."""
        return ".".join(self.version.split(".")[:2])


def benchmarked(python: Path, version: str) -> Interpreter:
    """An interpreter with a virtual environment of its own for the peers."""
    short = ".".join(version.split(".")[:2])
    home = HOME / f"bench-{short}"
    return Interpreter(python, version, home, home / "lib" / f"python{short}" / "site-packages")


def running() -> Interpreter:
    """The interpreter of this process with what is installed in it: enough for our own functions, without peers."""
    version = sys.version.split()[0]
    home = HOME / f"budgets-{'.'.join(version.split('.')[:2])}"
    return Interpreter(real_path(Path(sys.executable)), version, home, Path(sysconfig.get_paths()["purelib"]))


def find() -> Interpreter:
    """Python 3.13 if this machine has one, else the interpreter of this process (the tables say which)."""
    for candidate in candidates():
        version = version_of(candidate)
        if version and version.startswith(WANTED + "."):
            return benchmarked(real_path(candidate), version)
    return benchmarked(real_path(Path(sys.executable)), sys.version.split()[0])


def candidates() -> Iterator[Path]:
    """Where a Python 3.13 is usually found: the PATH, pyenv, uv."""
    yield Path(sys.executable)
    named = shutil.which(f"python{WANTED}")
    if named:
        yield Path(named)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{WANTED}*/bin/python3"), reverse=True)
    yield from sorted(Path.home().glob(f".local/share/uv/python/cpython-{WANTED}*/bin/python3"), reverse=True)


def version_of(python: Path) -> str:
    """Its version, or '' when it does not start (a shim of a version manager may not)."""
    try:
        done = subprocess.run(
            [str(python), "-c", "import sys; print(sys.version.split()[0])"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except OSError:
        return ""
    return done.stdout.strip()


def real_path(python: Path) -> Path:
    """The interpreter itself, not a virtual environment's link or a version manager's shim."""
    shown = subprocess.run(
        [str(python), "-c", "import os, sys; print(os.path.realpath(sys.executable))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(shown.stdout.strip())


def install(interpreter: Interpreter) -> None:
    """Bring the environment of the peers up to date; a no-op when nothing has changed. Raises BenchmarkError."""
    if not (VENV / "bin" / "uv").exists():
        raise BenchmarkError("the tools are not installed: run 'make install-run' first")
    try:
        install_apart(interpreter.home, REQUIREMENTS, interpreter.python, interpreter.version)
    except InstallError as error:
        raise BenchmarkError(f"the peers cannot be installed: {error}") from error


@dataclass(frozen=True)
class Cores:
    """The function has a core to itself; the driver and the DynamoDB stub share the other."""

    function: frozenset[int]
    driver: frozenset[int]

    @property
    def apart(self) -> bool:
        """Whether there were two cores to give."""
        return self.function != self.driver


def cores() -> Cores:
    """Two cores this process may use, or the same one twice."""
    free = sorted(os.sched_getaffinity(0))
    return Cores(frozenset(free[:1]), frozenset(free[1:2] or free[:1]))

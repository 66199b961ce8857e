"""User-space instructions by callgrind: they repeat to a few parts in a thousand whatever else the machine is doing.

One process per subject: callgrind is asked for its counters after the first response, and again after `CALLS` more.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ground.interpreter import BenchmarkError
from benchmarks.peers.packages import Package
from benchmarks.peers.table import Subject
from benchmarks.stage.function import Machine
from benchmarks.stage.patience import PATIENCE, patient_function

CALLS = 20
SETTLING = 2  # warm calls made but not counted: caches fill, specialised byte code settles
STEADY = {"PYTHONHASHSEED": "0"}  # the order of sets, and with it the path through them, is the same in every run


@dataclass(frozen=True)
class Instructions:
    """From the start of the process to its first response, and per warm request."""

    cold: int
    warm: int


def available() -> bool:
    """Whether valgrind is installed."""
    return bool(shutil.which("valgrind") and shutil.which("callgrind_control"))


def count(machine: Machine, subject: Subject, package: Package, calls: int = CALLS) -> Instructions:
    """Count one subject."""
    if not available():
        raise BenchmarkError("valgrind is not installed; on Debian or Ubuntu: apt-get install valgrind")
    with tempfile.TemporaryDirectory(prefix="users-api-callgrind-") as name:
        output = Path(name) / "counters"
        wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}", f"--log-file={output}.log"]
        folder = package.live if subject.live else package.dead
        with patient_function(machine, subject.peer, subject.operation, folder, wrapper, STEADY) as function:
            function.call(PATIENCE)
            function.ready(PATIENCE)
            dump(function.pid)
            for _ in range(SETTLING):
                function.call(PATIENCE)
            function.ready(PATIENCE)
            dump(function.pid)
            for _ in range(calls):
                function.call(PATIENCE)
            function.ready(PATIENCE)
            dump(function.pid)
        return Instructions(total(Path(f"{output}.1")), total(Path(f"{output}.3")) // calls)


def dump(pid: int) -> None:
    """Have callgrind write its counters to its next numbered file and start from zero."""
    done = subprocess.run(
        ["callgrind_control", "--dump", str(pid)], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode or "OK" not in done.stdout:
        raise BenchmarkError(f"callgrind_control failed: {(done.stderr or done.stdout).strip()}")


def total(counters: Path) -> int:
    """The instructions a file of counters adds up to."""
    found = re.search(r"^totals: (\d+)", counters.read_text(), re.MULTILINE)
    if not found:
        raise BenchmarkError("callgrind wrote no totals")
    return int(found.group(1))

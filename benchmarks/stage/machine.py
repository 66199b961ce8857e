"""Sets the stage: certificates, the DynamoDB stub, the Runtime API, the cores; and says what machine this is."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ground.interpreter import ROOT, Cores, Interpreter, cores
from benchmarks.peers import packages
from benchmarks.peers.table import ROOTS_BOTOCORE, ROOTS_ONE
from benchmarks.stage.function import Machine
from benchmarks.stage.runtime_api import RuntimeApi


@contextlib.contextmanager
def staged(interpreter: Interpreter, endpoint: str = "", pinned: bool = True) -> Iterator[Machine]:
    """Everything a function needs, for as long as the block lasts; `endpoint` instead of the stub, if given.

    `pinned`: function and driver each on a core of its own, which only times need.
    """
    before = os.sched_getaffinity(0)
    places = cores() if pinned else Cores(frozenset(before), frozenset(before))
    with tempfile.TemporaryDirectory(prefix="users-api-benchmark-") as name, RuntimeApi() as api, sink() as xray:
        folder = Path(name)
        make_certificate(interpreter, folder)
        os.sched_setaffinity(0, places.driver)
        try:
            with contextlib.nullcontext([endpoint] * 2) if endpoint else stub(folder) as (address, closing):
                yield Machine(
                    interpreter,
                    places,
                    packages.runtime_folder(interpreter),
                    api,
                    address,
                    closing,
                    roots(folder, interpreter),
                    xray,
                )
        finally:
            os.sched_setaffinity(0, before)


def make_certificate(interpreter: Interpreter, folder: Path) -> None:
    """The test CA and its certificate, made where the `cryptography` package is installed."""
    own = interpreter.home / "bin" / "python"
    subprocess.run(
        [str(own if own.exists() else sys.executable), "-m", "benchmarks.stage.certificate", str(folder)],
        cwd=ROOT,
        check=True,
    )


@contextlib.contextmanager
def stub(folder: Path) -> Iterator[list[str]]:
    """The DynamoDB stub in a process of its own on this process's core: the URLs that keep and close connections."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stage.stub", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdin
    try:
        yield [f"https://localhost:{int(port)}" for port in process.stdout.readline().split()]
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@contextlib.contextmanager
def sink() -> Iterator[str]:
    """Where Powertools' tracer sends its segments: a socket nobody reads, as the X-Ray daemon is to the function."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as swallowing:
        swallowing.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{swallowing.getsockname()[1]}"


def roots(folder: Path, interpreter: Interpreter) -> dict[str, Path]:
    """For each kind of peer the CA file it would read on Lambda, with the test CA added."""
    authority = (folder / "ca.pem").read_text()
    shipped = {
        ROOTS_ONE: None,  # our client looks up the one root it needs in its folder of roots
        ROOTS_BOTOCORE: interpreter.site / "botocore" / "cacert.pem",
    }
    files = {}
    for kind, bundle in shipped.items():
        files[kind] = folder / f"roots-{kind}.pem"
        files[kind].write_text((bundle.read_text() if bundle and bundle.is_file() else "") + authority)
    return files


def description(interpreter: Interpreter, load: float) -> dict[str, object]:
    """What machine the figures are from, and the load that was on it before they were taken."""
    pinned = cores()
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": interpreter.version,
        "wanted_python": "3.13",
        "own_core_for_the_function": pinned.apart,
        "load_at_start": load,
    }


def processor() -> str:
    """The processor's name, where the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"

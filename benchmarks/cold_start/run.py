"""One whole run: build, measure, count, keep."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.cold_start import counts, instructions, measure, modules
from benchmarks.ground import interpreter
from benchmarks.ground.interpreter import Interpreter
from benchmarks.peers import packages
from benchmarks.peers.packages import Package
from benchmarks.peers.table import BY_NAME, PEERS, Subject, plan, subjects
from benchmarks.stage import machine
from benchmarks.stage.function import Machine

QUICKLY_COUNTED = ("empty", "ours")  # what a quick run counts the instructions of


def ignored(found: dict[str, Any]) -> None:
    """Go on, whatever was measured."""


def run(
    load: float, rounds: int, warm_calls: int, counted: bool, timed: Callable[[dict[str, Any]], None] = ignored
) -> dict[str, Any]:
    """Measure every peer. `load`: what was on the machine before; `counted`: instructions of all, not of ours alone.

    `timed` is called when the times are measured, before the instructions are counted; it may raise to end the run.
    """
    python = interpreter.find()
    interpreter.install(python)
    built = {peer.name: packages.build(peer, python) for peer in PEERS}
    live = subjects(list(built), live=True)
    found = described(python, load, rounds, warm_calls, built)
    with machine.staged(python) as stage:
        found["raw_round_trip_ms"] = round_trip(stage)
        pairs = measure.run(stage, plan(), built, rounds, warm_calls, measure.progress)
        found["floor_ms"] = measure.floor_of(pairs)
        found["subjects"] = {key: measure.record(some) for key, some in pairs.items()}
        timed(found)
        add_modules(stage, built, live, found)
        if instructions.available():
            add_instructions(stage, built, [one for one in live if counted or one.peer.name in QUICKLY_COUNTED], found)
        else:
            measure.progress("valgrind is not installed: no instructions are counted")
    return found


def described(
    python: Interpreter, load: float, rounds: int, warm_calls: int, built: dict[str, Package]
) -> dict[str, Any]:
    """When, where and with what it is measured."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(python, load),
        "rounds": rounds,
        "warm_calls": warm_calls,
        "versions": packages.versions(python, {*packages.RUNTIME, *(name for peer in PEERS for name in peer.named)}),
        "packages": {name: sizes(package) for name, package in built.items()},
    }


def sizes(package: Package) -> dict[str, int]:
    """What a package weighs; the deployed zip of ours holds no byte code."""
    return {
        "unzipped_bytes": package.unzipped_bytes,
        "zip_bytes": package.zip_bytes,
        "deployed_zip_bytes": package.source_zip_bytes,
    }


def round_trip(stage: Machine) -> float:
    """The raw round trip to the stub, from the function's core."""
    port, authority = stage.endpoint.rpartition(":")[2], stage.roots["one"]
    core = str(min(stage.cores.function))
    done = subprocess.run(
        ["taskset", "-c", core, sys.executable, "-m", "benchmarks.cold_start.round_trip", port, str(authority)],
        cwd=interpreter.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return round(float(done.stdout), 4)


def add_modules(stage: Machine, built: dict[str, Package], live: list[Subject], found: dict[str, Any]) -> None:
    """How many modules each subject has loaded, and how many each of our functions adds to the runtime client."""
    for subject in live:
        loaded = modules.loaded(stage, subject, built[subject.peer.name])
        found["subjects"][subject.key]["modules"] = len(loaded)
    floor = set(modules.loaded(stage, Subject(BY_NAME["empty"], "get"), built["empty"]))
    ours = BY_NAME["ours"]
    found["modules_beyond_runtime"] = {
        operation: len(set(modules.loaded(stage, Subject(ours, operation), built["ours"])) - floor)
        for operation in ours.handlers
    }


def add_instructions(stage: Machine, built: dict[str, Package], counted: list[Subject], found: dict[str, Any]) -> None:
    """Cold and warm instructions of each subject."""
    for subject in counted:
        measure.progress(f"callgrind: {subject.key}")
        taken = counts.count(stage, subject, built[subject.peer.name])
        found["subjects"][subject.key]["cold_instructions"] = taken.cold
        found["subjects"][subject.key]["warm_instructions"] = taken.warm

"""Instruction counts, kept: they depend on nothing but the package, the interpreter and the harness."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.cold_start import instructions
from benchmarks.cold_start.instructions import Instructions
from benchmarks.peers import packages
from benchmarks.peers.packages import Package
from benchmarks.peers.table import Subject
from benchmarks.stage.function import Machine

BENCHMARKS = Path(__file__).resolve().parent.parent
HARNESS = (
    "cold_start/instructions.py",
    "stage/events.py",
    "stage/function.py",
    "stage/machine.py",
    "stage/patience.py",
    "stage/runtime_api.py",
    "stage/stub.py",
)


def count(machine: Machine, subject: Subject, package: Package) -> Instructions:
    """The count of a subject, taken anew only when something it depends on has changed."""
    kept_in = machine.interpreter.home / "counts.json"
    known = json.loads(kept_in.read_text()) if kept_in.is_file() else {}
    mark = depends_on(machine, subject)
    if known.get(subject.key, {}).get("mark") != mark:
        known[subject.key] = {"mark": mark, **asdict(instructions.count(machine, subject, package))}
        kept_in.write_text(json.dumps(known, indent=1))
    return Instructions(known[subject.key]["cold"], known[subject.key]["warm"])


def depends_on(machine: Machine, subject: Subject) -> str:
    """Changes with everything a count depends on."""
    digest = hashlib.sha256(packages.fingerprint(subject.peer, machine.interpreter).encode())
    for name in HARNESS:
        digest.update((BENCHMARKS / name).read_bytes())
    digest.update(repr(sorted(subject.peer.environment.items())).encode())
    return digest.hexdigest()

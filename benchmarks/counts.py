"""Instruction counts, kept: they depend on nothing but the package, the interpreter and the harness."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks import instructions, packages
from benchmarks.function import Machine
from benchmarks.instructions import Instructions
from benchmarks.packages import Package
from benchmarks.peers import Subject

HERE = Path(__file__).resolve().parent
HARNESS = ("stub.py", "events.py", "function.py", "runtime_api.py", "machine.py", "instructions.py", "patience.py")


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
        digest.update((HERE / name).read_bytes())
    digest.update(repr(sorted(subject.peer.environment.items())).encode())
    return digest.hexdigest()

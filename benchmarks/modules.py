"""Which modules are loaded once a request has been answered."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.function import Function, Machine
from benchmarks.packages import Package
from benchmarks.peers import Subject

PROBE = Path(__file__).resolve().parent / "probe"


def loaded(machine: Machine, subject: Subject, package: Package) -> list[str]:
    """The names in sys.modules after the first answer."""
    more = {
        "PROBED_HANDLER": subject.peer.handlers[subject.operation],
        "PYTHONPATH": os.pathsep.join([str(machine.runtime), str(PROBE)]),
    }
    with Function(
        machine, subject.peer, subject.operation, package.live, more=more, handler="module_probe.lambda_handler"
    ) as function:
        body, _, _ = function.call()
        return list(json.loads(body)["modules"])

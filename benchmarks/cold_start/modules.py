"""Which modules are loaded once a request has been answered."""

from __future__ import annotations

import json

from benchmarks.peers.packages import Package
from benchmarks.peers.table import Subject
from benchmarks.stage.function import Machine
from benchmarks.stage.patience import LISTING, PATIENCE, patient_function


def loaded(machine: Machine, subject: Subject, package: Package) -> list[str]:
    """The names in sys.modules after the first response."""
    with patient_function(machine, subject.peer, subject.operation, package.live, probe=LISTING) as function:
        body, _, _ = function.call(PATIENCE)
        return list(json.loads(body)["modules"])

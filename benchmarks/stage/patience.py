"""Functions whose results are counted, not timed: given all the time they need, on a slow or busy machine too."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.peers.table import SOURCE, Peer
from benchmarks.stage.function import Function, Machine

PROBE = Path(__file__).resolve().parent / "probe"
PATIENCE = 300.0  # seconds; callgrind runs a function some thirty times slower
PATIENT, LISTING = "patient_probe.lambda_handler", "module_probe.lambda_handler"


@contextlib.contextmanager
def patient_function(
    machine: Machine,
    peer: Peer,
    operation: str,
    folder: Path,
    wrapper: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
    probe: str = PATIENT,
) -> Iterator[Function]:
    """A function as Lambda runs it, but for our own short time-outs, which a probe around the handler lengthens."""
    probed = probe != PATIENT or SOURCE in peer.sources
    path = {"PYTHONPATH": os.pathsep.join([str(machine.runtime), str(PROBE)])}
    environment = {**(more or {}), **({"PROBED_HANDLER": peer.handlers[operation], **path} if probed else {})}
    usual, machine.api.function_timeout_ms = machine.api.function_timeout_ms, int(PATIENCE * 1e3)
    try:
        with Function(machine, peer, operation, folder, wrapper, environment, probe if probed else "") as function:
            yield function
    finally:
        machine.api.function_timeout_ms = usual

"""Ten thousand flows: every fault at every call, once, twice, as often as is tried and always, and random storms."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.proofs.faults.flows import FLOWS, NAMED, Flow, applies, faults_of, run
from tests.proofs.faults.kinds import BROKEN, CONTENDED, FAULTS, HARMLESS, HELD, THROTTLED, TIMES, Fault
from tests.proofs.faults.rig import BOTO3, ENGINES, OWN, Rig
from tests.proofs.figures import figures
from tests.proofs.system import System

FLOWS_IN_ALL = 10_000
OF_BOTOCORE = 1_000
PROCESSES = 4  # of two cores: much of the time is spent waiting for answers that do not come
CHUNK = 25
STORMY = (*THROTTLED, *BROKEN, *HARMLESS, *CONTENDED, *HELD)


@dataclass(frozen=True)
class Case:
    """One flow, through given faults, or through a storm that grows from `seed`."""

    flow: str
    faults: tuple[Fault, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Remote:
    """The emulator, seen from another process."""

    endpoint: str


class Storm:
    """Every second request or so meets a fault, drawn from its seed; a storm calms down after `length` requests."""

    def __init__(self, flow: Flow, seed: int, length: int = 40) -> None:
        self._flow = flow
        self._random = random.Random(seed)
        self._left = length

    def __call__(self, operation: str, _request: dict[str, Any]) -> Fault | None:
        """The fault for this request, or None."""
        self._left -= 1
        drawn = Fault(operation, 1, self._random.choice(STORMY), self._random.random() < 0.5)
        strikes = self._random.random() < 0.4
        return drawn if strikes and self._left > 0 and applies(self._flow, drawn) else None


def play(endpoint: str, engine: str, cases: list[Case]) -> tuple[Counter[str], list[str]]:
    """Run the cases; how often what was answered, and the violations in words."""
    counts: Counter[str] = Counter()
    violations: list[str] = []
    with Rig(System(), Remote(endpoint), engine) as rig:
        for case in cases:
            flow = NAMED[case.flow]
            try:
                reply = run(rig, flow, case.faults, Storm(flow, case.seed) if case.seed else None)
            except AssertionError as violation:
                violations.append(f"{case}: {violation}")
                continue
            counts[f"{reply.status // 100}xx"] += 1
            counts["faults injected"] += rig.injected
    return counts, violations


def every_case() -> list[Case]:
    """Every fault at every call as often as each of TIMES says, and storms until there are enough."""
    cases = [Case(flow.name, (fault,))
             for flow in FLOWS for times in TIMES.values() for fault in faults_of(flow, FAULTS, times)]  # fmt: skip
    names = [flow.name for flow in FLOWS]
    storms = [Case(names[seed % len(names)], seed=seed) for seed in range(1, FLOWS_IN_ALL)]
    return (cases + storms)[:FLOWS_IN_ALL]


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("engine", ENGINES)
def test_ten_thousand_flows_lose_nothing(emulator, engine):
    cases = every_case()
    random.Random(1).shuffle(cases)
    if engine == BOTO3:
        cases = cases[:OF_BOTOCORE]
    chunks = [cases[start : start + CHUNK] for start in range(0, len(cases), CHUNK)]
    counts: Counter[str] = Counter({"2xx": 0, "4xx": 0, "5xx": 0})
    violations: list[str] = []
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        for counted, found in pool.map(
            play, *zip(*[(emulator.endpoint, engine, chunk) for chunk in chunks], strict=True)
        ):
            counts += counted
            violations += found
    figures(
        f"fault flows ({engine if engine != OWN else 'own client'})", len(cases), **counts, violations=len(violations)
    )
    assert not violations, "\n".join(violations[:20])

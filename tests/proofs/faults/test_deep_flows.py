"""Ten thousand flows: every fault at every call, once, twice, as often as is tried and always, and random storms."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import pytest

from tests.proofs.faults.flow import faults_of, run
from tests.proofs.faults.flows import FLOWS, NAMED
from tests.proofs.faults.kinds import FAULTS, TIMES, Fault
from tests.proofs.faults.rig import BOTO3, ENGINES, OWN, Reply, Rig
from tests.proofs.faults.storms import Storm, persist
from tests.proofs.figures import figures
from tests.proofs.system import System

FLOWS_IN_ALL = 10_000
OF_BOTOCORE = 1_000
PROCESSES = 4  # of two cores: much of the time is spent waiting for answers that do not come
CHUNK = 25
PERSISTENT = "create sent again until it is answered"


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


def play(endpoint: str, engine: str, cases: list[Case]) -> tuple[Counter[str], list[str]]:
    """Run the cases; how often what was answered, and the violations in words."""
    counts: Counter[str] = Counter()
    violations: list[str] = []
    with Rig(System(), Remote(endpoint), engine) as rig:
        for case in cases:
            try:
                reply = persist(rig, case.seed) if case.flow == PERSISTENT else _run(rig, case)
            except AssertionError as violation:
                violations.append(f"{case}: {violation}")
                continue
            counts[f"{reply.status // 100}xx"] += 1
            counts["faults injected"] += rig.injected
    return counts, violations


def _run(rig: Rig, case: Case) -> Reply:
    flow = NAMED[case.flow]
    return run(rig, flow, case.faults, Storm(flow, case.seed) if case.seed else None)


def every_case() -> list[Case]:
    """Every fault at every call as often as each of TIMES says, and storms until there are enough."""
    cases = [Case(flow.name, (fault,))
             for flow in FLOWS for times in TIMES.values() for fault in faults_of(flow, FAULTS, times)]  # fmt: skip
    names = [*NAMED, PERSISTENT]
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

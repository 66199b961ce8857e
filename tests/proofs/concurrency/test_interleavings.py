"""Every database call of every client in an order drawn by chance, thousands of times: all stays exact."""

from __future__ import annotations

from typing import Any

import pytest

from dynamodb import transport
from tests.proofs.concurrency.emulated import EmulatorWorld
from tests.proofs.concurrency.plans import Plan
from tests.proofs.concurrency.schedules import Case, Explored, Making, explore, numbered, run
from tests.proofs.concurrency.world import KEYS, USERS, World, quiet
from tests.proofs.figures import figures
from tests.proofs.system import System
from tests.support.tables import Tables

# The first six hundred are run as a detector of wrong versions and of the right one: see detectors.py.
QUICK, DEEP = range(600, 1000), range(1_000_000, 1_012_000)
QUICK_EMULATED, DEEP_EMULATED = range(20), range(2_000_000, 2_000_400)


@pytest.fixture
def emulated(emulator: Any, tables: Tables) -> Making:
    """Makes worlds over the emulator."""
    wire = transport.from_environment(
        {
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )
    last: list[EmulatorWorld] = []

    def make(system: System, plan: Plan, seed: int, depth: int | None) -> World:
        if last:
            last.pop().database.clear()  # type: ignore[attr-defined]
        last.append(EmulatorWorld(system, plan, seed, depth, wire, {USERS: tables.users, KEYS: tables.keys}))
        return last[0]

    return make


def prove(numbers: range, world: Making = World, what: str = "schedules") -> Explored:
    explored = explore(numbers, System(), world)
    figures(what, explored.schedules, answers=explored.answers.total(), violations=explored.violations)
    assert not explored.failure, explored.failure
    return explored


def test_schedules_of_clients_that_get_in_each_others_way() -> None:
    prove(QUICK)


def test_schedules_over_the_emulator(emulated: Making) -> None:
    prove(QUICK_EMULATED, emulated, "schedules over the emulator")


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_many_schedules_of_clients_that_get_in_each_others_way() -> None:
    explored = prove(DEEP)
    for kind in ("create 201", "create 409", "replay 201", "replay 422", "name 200", "email 200", "email 409",
                 "email 412", "name 412", "delete 200", "delete 404", "get 404", "list 200"):  # fmt: skip
        assert explored.answers[kind] > 100, f"the schedules hardly ever came to {kind}"


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_many_schedules_over_the_emulator(emulated: Making) -> None:
    prove(DEEP_EMULATED, emulated, "schedules over the emulator")


def test_a_schedule_runs_again_just_as_it_ran() -> None:
    with quiet():
        first, again = (run(numbered(7), System())[0].scheduler.trace for _ in range(2))
    assert first == again
    assert len(first) > 10


def test_different_seeds_are_different_orders() -> None:
    plan = numbered(7).plan
    with quiet():
        traces = {tuple(run(Case(plan, seed), System())[0].scheduler.trace) for seed in range(20)}
    assert len(traces) > 10

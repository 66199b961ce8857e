"""Many schedules of many plans; one that fails is made small and told so that it can be run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.proofs.concurrency.plans import Plan, random_plan
from tests.proofs.concurrency.scheduler import Stuck
from tests.proofs.concurrency.truth import violations
from tests.proofs.concurrency.world import World, quiet
from tests.proofs.system import System

Making = Callable[[System, Plan, int, int | None], World]

TRIES_TO_SHRINK = 60  # walks tried for every smaller plan


@dataclass(frozen=True)
class Case:
    """One schedule: a plan, the seed of the order, and how often priorities change (None for a random walk)."""

    plan: Plan
    seed: int
    depth: int | None = None

    def __str__(self) -> str:
        return f"{self.plan}\nseed {self.seed}, depth {self.depth}"


@dataclass
class Explored:
    """What a run over many schedules came to; `failure` is the report of the first that failed, made small."""

    schedules: int = 0
    violations: int = 0
    failure: str = ""
    answers: Counter[str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.answers = Counter()


def numbered(number: int) -> Case:
    """The schedule of a number: odd ones walk at random, the others go by priorities."""
    return Case(random_plan(number), number, None if number % 2 else 1 + number // 2 % 4)


def run(case: Case, system: System, world: Making = World) -> tuple[World, list[str]]:
    """Run one schedule; the world afterwards and what is wrong with it."""
    made = world(system, case.plan, case.seed, case.depth)
    try:
        made.run()
    except Stuck as stuck:
        return made, [str(stuck)]
    return made, violations(made)


def explore(numbers: range, system: System, world: Making = World, *, shrink: bool = True) -> Explored:
    """Run the schedules of these numbers, to the end or to the first that fails."""
    explored = Explored()
    with quiet():
        for number in numbers:
            made, wrong = run(numbered(number), system, world)
            explored.schedules += 1
            explored.answers.update(f"{act.step.kind} {act.status}" for act in made.acts)
            if wrong:
                explored.violations += len(wrong)
                case = shrunk(numbered(number), system, world) if shrink else numbered(number)
                explored.failure = f"schedule {number} fails; a small form of it:\n{report(case, system, world)}"
                break
    return explored


def shrunk(case: Case, system: System, world: Making = World) -> Case:
    """A smaller case that fails as well: steps are left out as long as some order of the rest still fails."""
    for smaller in _smaller(case.plan):
        for seed in range(TRIES_TO_SHRINK):
            candidate = Case(smaller, case.seed + seed, case.depth if seed % 2 else None)
            if run(candidate, system, world)[1]:
                return shrunk(candidate, system, world)
    return case


def _smaller(plan: Plan) -> list[Plan]:
    smaller = [plan.without(client, step) for client, steps in enumerate(plan.clients) for step in range(len(steps))]
    if plan.faults:
        smaller.append(replace(plan, faults=0.0))
    if plan.split:
        smaller.append(replace(plan, split=False))
    return [plan for plan in smaller if plan.clients]


def report(case: Case, system: System, world: Making = World) -> str:
    """What goes wrong in a case, turn by turn."""
    made, wrong = run(case, system, world)
    return "\n".join(["", *wrong, "", str(case), "", *made.scheduler.trace])

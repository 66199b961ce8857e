"""How many instructions a cold start and a warm request take beyond an empty function's, counted by callgrind.

The counts repeat to a few parts in a thousand; a budget leaves about a tenth. Over budget: profile with
`valgrind --tool=callgrind`, or look at `python -X importtime` first.
"""

from __future__ import annotations

import pytest

from benchmarks.cold_start import instructions
from benchmarks.peers.packages import Package
from benchmarks.peers.table import EMPTY, OURS, OURS_SIGNED_IN, OURS_WITH_EVENTS, Subject
from benchmarks.stage.function import Machine
from tests.budgets.budgets import INSTRUCTIONS

pytestmark = pytest.mark.needs("valgrind")


@pytest.fixture(scope="module")
def floor(stage: Machine, empty: Package) -> instructions.Instructions:
    return instructions.count(stage, Subject(EMPTY, "get"), empty)


@pytest.mark.parametrize(
    "operation",
    ["get", "create", *(pytest.param(name, marks=pytest.mark.deep) for name in ("list", "update", "delete"))],
)
def test_a_function_keeps_to_its_budget_of_instructions(stage, ours, floor, operation):
    counted = instructions.count(stage, Subject(OURS, operation), ours)
    cold, warm = (counted.cold - floor.cold) / 1e6, (counted.warm - floor.warm) / 1e6
    budget = INSTRUCTIONS[operation]
    print(f"budgets: {operation} {cold:.1f} M cold and {warm:.3f} M warm instructions beyond an empty function")
    assert cold <= budget.cold, f"a cold {operation} takes {cold:.1f} M instructions, {budget.cold} M allowed"
    assert warm <= budget.warm, f"a warm {operation} takes {warm:.3f} M instructions, {budget.warm} M allowed"


@pytest.mark.parametrize(
    "operation",
    ["get", *(pytest.param(name, marks=pytest.mark.deep) for name in ("create", "list", "update", "delete"))],
)
def test_sign_in_adds_at_most_a_hundredth_to_a_cold_start(stage, ours, operation):
    """Beyond events, which are on with sign-in."""
    without = instructions.count(stage, Subject(OURS_WITH_EVENTS, operation), ours)
    signed_in = instructions.count(stage, Subject(OURS_SIGNED_IN, operation), ours)
    ratio = signed_in.cold / without.cold
    print(f"budgets: a cold {operation} with sign-in takes {ratio:.4f} times the instructions of one without")
    assert ratio <= 1.01

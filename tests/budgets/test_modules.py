"""How many modules a function loads beyond AWS's runtime client, and which they are."""

from __future__ import annotations

import pytest

from benchmarks.cold_start import modules
from benchmarks.peers.packages import Package
from benchmarks.peers.table import EMPTY, OURS, SOURCE, Subject
from benchmarks.stage.function import Machine
from tests.budgets.budgets import HANDLERS, MODULES, STANDARD


@pytest.fixture(scope="module")
def floor(stage: Machine, empty: Package) -> set[str]:
    return set(modules.loaded(stage, Subject(EMPTY, "get"), empty))


@pytest.fixture(scope="module", params=HANDLERS)
def added(request: pytest.FixtureRequest, stage: Machine, ours: Package, floor: set[str]) -> tuple[str, set[str]]:
    """An operation with the modules its function adds to the runtime client's."""
    return request.param, set(modules.loaded(stage, Subject(OURS, request.param), ours)) - floor


def our_modules() -> set[str]:
    """Every module and package under src/."""
    files = [path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.py")]
    names = {".".join(file.parts).removesuffix(".__init__") for file in files}
    return names | {name.rpartition(".")[0] for name in names if "." in name}


def test_a_request_loads_our_own_modules_and_what_TLS_and_signatures_need(added):
    operation, names = added
    strangers = names - STANDARD - our_modules()
    assert not strangers, f"{operation} loads {', '.join(sorted(strangers))}: not ours, and not in budgets.STANDARD"


def test_a_request_keeps_to_its_budget_of_modules(added):
    operation, names = added
    listed = ", ".join(sorted(names))
    assert len(names) <= MODULES[operation], (
        f"{operation} loads {len(names)} modules, {MODULES[operation]} allowed: {listed}"
    )


def test_a_request_does_not_load_the_modules_of_another_operation(added):
    operation, names = added
    others = {name for name in names if name.startswith("handlers.")}
    assert others == {OURS.handlers[operation].rpartition(".")[0]}


def test_a_request_loads_nothing_of_what_follows_from_it(added):
    operation, names = added
    assert not {name for name in names if name.partition(".")[0] in ("consumers", "adapters")}, operation

"""Every operation, at every call it makes, through every fault, before and after the call takes effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from tests.proofs.faults.flow import Flow, faults_of, run
from tests.proofs.faults.flows import FLOWS, NAMED
from tests.proofs.faults.kinds import BROKEN, FAULTS, HARMLESS
from tests.proofs.faults.rig import BOTO3, OWN, Rig
from tests.proofs.figures import figures
from tests.proofs.system import System

# One flow of each operation and each way through it meets every fault.
THROUGH_ALL = ("create with a key", "get", "list", "list on", "put name", "put email", "delete")
# The others differ in what is asked, and meet one fault of each kind that the functions can tell from another.
DISTINCT = ("ThrottlingException", "InternalServerError", "closed", "hang", "garbled", "TransactionConflictException",
            "TransactionInProgressException", "canceled 0 TransactionConflict", "canceled 1 ThrottlingError",
            "half seen", "canceled 0 ConditionalCheckFailed", "canceled 1 ConditionalCheckFailed")  # fmt: skip
# What a transport can get wrong does not depend on what is asked.
BY_BOTOCORE = ("create with a key", "get", "put name if match")


@pytest.fixture(scope="module")
def rig(emulator) -> Iterator[Rig]:
    with Rig(System(), emulator, OWN) as made:
        yield made


@pytest.fixture(scope="module")
def botocore_rig(emulator) -> Iterator[Rig]:
    with Rig(System(), emulator, BOTO3) as made:
        yield made


def run_all(rig: Rig, flow: Flow, kinds: Iterable[str]) -> None:
    """Run the flow once for each fault at each of its calls, before and after the effect."""
    faults = faults_of(flow, kinds)
    for fault in faults:
        run(rig, flow, (fault,))
    figures("fault flows", len(faults), violations=0)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_flow_makes_the_calls_it_says_and_no_others(rig, flow):
    rig.wipe()
    rig.rewire()
    stage = flow.stage(rig)
    rig.faulted((), **flow.request(stage))
    assert [seen.operation for seen in rig.proxy.seen] == [operation for operation, _ in flow.points]


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_one_fault_at_any_call_loses_nothing(rig, flow):
    run_all(rig, flow, FAULTS if flow.name in THROUGH_ALL else DISTINCT)


@pytest.mark.parametrize("name", BY_BOTOCORE)
def test_one_fault_at_any_call_loses_nothing_with_botocore(botocore_rig, name):
    run_all(botocore_rig, NAMED[name], {**BROKEN, **HARMLESS, "ThrottlingException": None})

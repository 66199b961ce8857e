"""A flow: one request that meets faults, and what a sensible client does next.

A flow sets the stage without faults, sends its request through them, and then judges: the answer must be truthful about
the tables, and once the faults are over the same request sent again must end as that answer promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.proofs.faults.invariants import State
from tests.proofs.faults.kinds import ALWAYS, BROKEN, BUDGET, CONTENDED, HARMLESS, HELD, REFUSED, Fault
from tests.proofs.faults.rig import OWN, Reply, Rig

# Answers: a status, and the code of a problem.
CREATED, OK = (201, ""), (200, "")
MISSING, TAKEN, STALE = (404, "user_not_found"), (409, "email_in_use"), (412, "precondition_failed")
UNAVAILABLE = (503, "unavailable")
IN_PROGRESS = (409, "request_in_progress")

Stage = dict[str, Any]
# A request as Rig.send takes it: method, path, body, headers, query.
Sent = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    """One request and its story.

    `points` are the calls it makes, as (operation, number). `stage` prepares and returns what the rest is given;
    `request` is what to send. `success` is the answer without faults, as (status, code of a problem or ""). `made`
    tells from the tables whether the request took effect, whole; anything between that and `unmade` is a violation.
    `again` is the answer to the same request sent once more, when it was not made (False) and when it was (True).
    `busy` are the answers when contention does not end, `doubtful` those besides `success` when an attempt had no
    answer. `refusals` are what the fabricated cancellations mean here. `told` checks a successful answer against
    the tables.
    """

    name: str
    points: tuple[tuple[str, int], ...]
    stage: Callable[[Rig], Stage]
    request: Callable[[Stage], Sent]
    success: tuple[int, str]
    made: Callable[[State, Stage], bool]
    unmade: Callable[[State, Stage], bool]
    again: dict[bool, tuple[int, str]]
    told: Callable[[Reply, State, Stage], None] = lambda _reply, _state, _stage: None
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    busy: tuple[tuple[int, str], ...] = (UNAVAILABLE,)
    doubtful: tuple[tuple[int, str], ...] = ()


def run(rig: Rig, flow: Flow, faults: tuple[Fault, ...], storm: Any = None) -> Reply:
    """Play a flow through the faults; AssertionError for whatever does not hold. The answer it got."""
    try:
        return _play(rig, flow, faults, storm)
    except AssertionError as violation:
        violation.add_note(f"flow {flow.name!r} with {faults}")
        raise


def _play(rig: Rig, flow: Flow, faults: tuple[Fault, ...], storm: Any) -> Reply:
    rig.wipe()
    rig.rewire()
    stage = flow.stage(rig)
    request = flow.request(stage)
    reply = rig.faulted(faults, storm=storm, **request)
    # botocore waits for each byte anew, and so for the last one too
    felt = tuple(fault for fault in faults if rig.engine == OWN or fault.kind != "slow")
    right = {flow.success, *flow.busy, *flow.doubtful} if storm else expected(flow, felt)
    assert answer_of(reply) in right, f"{answer_of(reply)}, not of {right}"
    state = rig.state()
    made = effect(flow, reply, state, stage)
    if reply.status < 300:
        flow.told(reply, state, stage)
    stage["writes"] = 1 + made
    rig.rewire()  # as likely as not, another function gets the next request
    repeated = rig.send(**request)
    assert answer_of(repeated) == flow.again[made], f"again: {answer_of(repeated)}, not {flow.again[made]}"
    after = rig.state()
    if repeated.status < 300:
        assert effect(flow, repeated, after, stage)
        flow.told(repeated, after, stage)
    if reply.status == repeated.status == 201:
        assert (reply.body, reply.headers["Location"]) == (repeated.body, repeated.headers["Location"])
    return reply


def effect(flow: Flow, reply: Reply, state: State, stage: Stage) -> bool:
    """Whether the request took effect; AssertionError if by half, or otherwise than its answer says."""
    made, unmade = flow.made(state, stage), flow.unmade(state, stage)
    assert made or unmade, f"a half-made state after {reply.status}"
    if reply.status < 300:
        assert made, "a success that is not there"
    elif reply.status < 500:
        assert unmade, f"a {reply.status} that took effect"
    return made


def answer_of(reply: Reply) -> tuple[int, str]:
    """The status, and the code of a problem."""
    return reply.status, reply.document.get("code", "") if reply.status >= 300 else ""


def expected(flow: Flow, faults: tuple[Fault, ...]) -> set[tuple[int, str]]:
    """The answers that are right for a flow whose calls meet these faults."""
    answers = {flow.success}
    for fault in faults:
        if fault.kind in HARMLESS:
            continue
        if fault.kind in BROKEN:
            answers |= set(flow.doubtful)
        if fault.kind in REFUSED and fault.kind in flow.refusals:
            refused = flow.refusals[fault.kind]
            # an id that is taken, time after time
            answers = {UNAVAILABLE if refused == CREATED and fault.times >= ALWAYS else refused}
        elif fault.times >= ALWAYS:
            found = {flow.success} if fault.operation == "UpdateItem" and fault.kind in BROKEN else set()
            answers = set(flow.busy) if fault.kind in CONTENDED else {UNAVAILABLE, *found}
        elif fault.times >= BUDGET:
            answers |= set(flow.busy)
    return answers


def applies(flow: Flow, fault: Fault) -> bool:
    """Whether this fault can be met at this call, and is not the same before and after it, as for a read."""
    transaction = fault.operation == "TransactWriteItems" and not fault.after
    if fault.kind in HELD:
        return fault.operation in ("UpdateItem", "PutItem") and not fault.after
    if fault.kind in REFUSED:
        return transaction and fault.kind in flow.refusals
    if fault.kind in CONTENDED:
        return transaction
    if fault.kind in HARMLESS or fault.kind == "slow" or fault.operation in ("GetItem", "Scan"):
        return fault.after
    return True


def faults_of(flow: Flow, kinds: Iterable[str], times: int = 1) -> list[Fault]:
    """One fault for each of the flow's calls and each kind it can meet there, before and after the effect."""
    every = [Fault(operation, number, kind, after, times)
             for operation, number in flow.points for kind in kinds for after in (False, True)]  # fmt: skip
    return [fault for fault in every if applies(flow, fault)]

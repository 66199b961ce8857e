"""What bounds a failure: the deadline, the attempts, the retry budget."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from tests.proofs.faults.flow import Flow, answer_of
from tests.proofs.faults.flows import ADA, FLOWS, NAMED, UNKNOWN
from tests.proofs.faults.kinds import ALWAYS, Fault
from tests.proofs.faults.rig import Reply, Rig
from tests.proofs.faults.story import UNAVAILABLE, story

ATTEMPTS = 4  # of one call
TRIES = 8  # of one transaction that meets another
# Tokens of the retry budget, and what a retry takes that was not for throttling.
BUDGET, COST = 500, 14


def attempt(rig: Rig, flow: Flow, *faults: Fault, seconds: float = 10) -> Reply:
    """One request of a flow through faults that do not end."""
    rig.wipe()
    rig.rewire()
    stage = flow.stage(rig)
    return rig.faulted(faults, **flow.request(stage), seconds=seconds)


@story
def _too_little_time_to_begin(rig: Rig) -> None:
    """A function that starts with too little time answers 503 at once and asks DynamoDB for nothing."""
    for flow in FLOWS:
        reply = attempt(rig, flow, seconds=0.34)
        assert answer_of(reply) == UNAVAILABLE
        assert reply.seconds < 0.25
        assert not rig.proxy.seen


@story
def _attempts_end(rig: Rig) -> None:
    """A call is tried four times, and no other layer tries it again."""
    for name in ("create", "get", "list"):
        for kind in ("InternalServerError", "ThrottlingException"):
            operation, number = NAMED[name].points[0]
            reply = attempt(rig, NAMED[name], Fault(operation, number, kind, times=200))
            assert answer_of(reply) == UNAVAILABLE
            assert [seen.operation for seen in rig.proxy.seen] == [operation] * ATTEMPTS


@story
def _attempts_of_a_single_update_end(rig: Rig) -> None:
    """A single update is not tried again before it has been read what became of it, and eight times at most."""
    flow = NAMED["put name"]
    assert answer_of(attempt(rig, flow, Fault("UpdateItem", 1, "ThrottlingException", times=ALWAYS))) == UNAVAILABLE
    assert [seen.operation for seen in rig.proxy.seen] == ["UpdateItem"] * ATTEMPTS
    assert answer_of(attempt(rig, flow, Fault("UpdateItem", 1, "closed", times=ALWAYS))) == UNAVAILABLE
    assert [seen.operation for seen in rig.proxy.seen] == ["UpdateItem", "GetItem"] * TRIES


@story
def _contention_ends(rig: Rig) -> None:
    """A transaction that meets another one is tried eight times, with the same token."""
    for name in ("create", "put email", "delete"):
        fault = Fault("TransactWriteItems", 1, "canceled 0 TransactionConflict", times=ALWAYS)
        reply = attempt(rig, NAMED[name], fault)
        assert answer_of(reply) == UNAVAILABLE
        asked = [seen.request for seen in rig.proxy.seen if seen.operation == "TransactWriteItems"]
        assert len(asked) == TRIES
        assert len({request["ClientRequestToken"] for request in asked}) == 1


@story
def _answers_that_never_come(rig: Rig) -> None:
    """A function answers before its time is over, whatever it waits for."""
    for name in ("create", "put email"):
        for operation, number in NAMED[name].points:
            reply = attempt(rig, NAMED[name], Fault(operation, number, "hang", times=ALWAYS), seconds=0.7)
            assert answer_of(reply) == UNAVAILABLE


@story
def _an_outage_is_not_multiplied(rig: Rig) -> None:
    """Sixty calls that fail make no more attempts than the retry budget pays for; afterwards all is as before."""
    path = f"/users/{rig.populate(ADA)[0]['userId']}"
    calls = 60
    rig.proxy.arm(Fault("GetItem", 1, "page 500", times=ALWAYS))
    for _ in range(calls):
        assert answer_of(rig.send("GET", path)) == UNAVAILABLE
    made = len(rig.proxy.seen)
    assert calls < made <= calls + BUDGET // COST
    rig.proxy.disarm()
    assert rig.send("GET", path).status == 200


@story
def _an_outage_that_ends(rig: Rig) -> None:
    """When the budget is spent, successes fill it again, a token each."""
    _an_outage_is_not_multiplied(rig)
    [user_id] = rig.state().users
    for _ in range(COST):
        rig.send("GET", f"/users/{user_id}")
    assert rig.faulted((Fault("GetItem", 1, "page 500"),), "GET", f"/users/{user_id}").status == 200


@story
def _nothing_listens(rig: Rig) -> None:
    """DynamoDB out of reach is 503: no address, a closed port, one that never answers, a name nobody knows."""
    with _deaf() as deaf, _closed() as closed:
        for endpoint in (closed, deaf, "http://nowhere.invalid:8000"):
            with rig.elsewhere(endpoint):
                reply = rig.send("GET", f"/users/{UNKNOWN}", seconds=2)
                assert answer_of(reply) == UNAVAILABLE


@contextlib.contextmanager
def _closed() -> Iterator[str]:
    """A port that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _deaf() -> Iterator[str]:
    """A port that takes no connection: its queue is full."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            caller = opened.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"

"""Faults at random, many to a request, and a client that does not give up."""

from __future__ import annotations

import random
from typing import Any

from tests.proofs.faults.flow import IN_PROGRESS, UNAVAILABLE, Flow, answer_of, applies
from tests.proofs.faults.flows import ADA, KEY, NAMED
from tests.proofs.faults.kinds import BROKEN, CONTENDED, HARMLESS, HELD, THROTTLED, Fault
from tests.proofs.faults.rig import Reply, Rig

STORMY = (*THROTTLED, *BROKEN, *HARMLESS, *CONTENDED, *HELD)
STRIKES = 0.4  # of the requests meet a fault
TRIES = 12


class Storm:
    """Many requests meet a fault, drawn from the seed; a storm calms down after `length` requests."""

    def __init__(self, flow: Flow, seed: int, length: int = 40) -> None:
        self._flow = flow
        self._random = random.Random(seed)
        self._left = length

    def __call__(self, operation: str, _request: dict[str, Any]) -> Fault | None:
        """The fault for this request, or None."""
        self._left -= 1
        if self._left <= 0 or self._random.random() >= STRIKES:
            return None
        drawn = (Fault(operation, 1, self._random.choice(STORMY), self._random.random() < 0.5) for _ in range(20))
        return next((fault for fault in drawn if applies(self._flow, fault)), None)


def persist(rig: Rig, seed: int) -> Reply:
    """A keyed create, sent again through storm after storm until it is answered, is one user and one answer."""
    rig.wipe()
    rig.rewire()
    made: set[str] = set()
    for number in range(TRIES):
        storm = Storm(NAMED["create with a key"], seed * TRIES + number)
        reply = rig.faulted((), "POST", "/users", ADA, headers=KEY, storm=storm)
        state = rig.state()
        made |= state.users.keys()
        assert len(made) <= 1, "one request made two users"
        assert len(state.records) == len(state.users)
        if reply.status == 201:
            break
        assert answer_of(reply) in (UNAVAILABLE, IN_PROGRESS)
    final = rig.send("POST", "/users", ADA, headers=KEY)
    assert final.status == 201
    assert {final.document["userId"]} == rig.state().users.keys() >= made
    assert reply.status != 201 or reply.body == final.body
    return final

"""Histories of many clients of the running API are ones that a single copy, asked one at a time, could have had.

The model holds all users, emails and idempotency keys at once, so a history that passes is linearizable for every user
and every email in it.
"""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from tests.proofs.concurrency.http_api import Api, Crowd, Tables
from tests.proofs.concurrency.linearizability import FOREVER, Operation, check
from tests.proofs.concurrency.recorder import CLIENTS, STEPS, Recorder
from tests.proofs.concurrency.users_model import State, users_api
from tests.proofs.figures import figures

QUICK, DEEP = 40, 1000
LENGTH = CLIENTS * STEPS


def overlapping(history: list[Operation]) -> int:
    """How many operations began while another one was under way."""
    return sum(any(other.start < one.start < other.end for other in history) for one in history)


def prove(api: Api, crowd: Crowd, number: int) -> None:
    came: Counter[str] = Counter()
    for seed in range(number):
        history = Recorder(api.send, seed, f"{uuid.uuid4().hex[:12]}.example.com").run(crowd)
        assert len(history) == LENGTH
        verdict = check(history, users_api, State())
        assert verdict.linearizable, f"history {seed} is not linearizable\n{verdict}"
        came["overlapping"] += overlapping(history)
        came["unknown"] += sum(operation.over == FOREVER for operation in history)
    assert came["overlapping"] > number * LENGTH / 3, "the clients hardly ever met"
    assert came["unknown"] > 0
    figures("histories", number, operations=number * LENGTH, **came, violations=0)


@pytest.mark.slow
@pytest.mark.parametrize("number", [QUICK, pytest.param(DEEP, marks=[pytest.mark.deep, pytest.mark.timeout(3600)])])
def test_what_many_clients_see_is_what_one_could_have_seen(api: Api, exact: Tables, number: int) -> None:
    crowd = Crowd(CLIENTS)
    try:
        prove(api, crowd, number)
    finally:
        crowd.close()

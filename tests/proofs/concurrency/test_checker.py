"""The checker itself: on histories known to be good, on histories known to be bad, and against brute force."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from tests.proofs.concurrency.linearizability import Operation, check
from tests.proofs.concurrency.users_model import Answered, Asked, State, users_api
from tests.proofs.figures import figures

A, B = "a@example.com", "b@example.com"


def user(user_id: str = "u1", name: str = "Ann", email: str = A, at: str = "t0") -> tuple[tuple[str, Any], ...]:
    return (("email", email), ("name", name), ("updatedAt", at), ("userId", user_id))


def op(start: float, end: float, asked: Asked, answered: Answered | None) -> Operation:
    return Operation(asked, answered, start, end)


def create(start: float, end: float, user_id: str = "u1", email: str = A, key: str = "", **more: Any) -> Operation:
    asked = Asked("create", members=(("name", "Ann"), ("email", email)), key=key)
    return op(start, end, asked, Answered(201, "", 1, user(user_id, email=email), **more))


def refused(start: float, end: float, asked: Asked, status: int, code: str, version: int = 0) -> Operation:
    return op(start, end, asked, Answered(status, code, version))


def taken(start: float, end: float, email: str = A, key: str = "") -> Operation:
    asked = Asked("create", members=(("name", "Ann"), ("email", email)), key=key)
    return refused(start, end, asked, 409, "email_in_use")


def lost(start: float, end: float, email: str = A, key: str = "") -> Operation:
    return op(start, end, Asked("create", members=(("name", "Ann"), ("email", email)), key=key), None)


def get(start: float, end: float, name: str = "Ann", version: int = 1, email: str = A, at: str = "t0") -> Operation:
    return op(start, end, Asked("get", "u1"), Answered(200, "", version, user("u1", name, email, at)))


def missing(start: float, end: float, kind: str = "get") -> Operation:
    return refused(start, end, Asked(kind, "u1"), 404, "user_not_found")


def rename(start: float, end: float, name: str, version: int, match: int = 0, email: str = A) -> Operation:
    asked = Asked("update", "u1", (("name", name),), match)
    return op(start, end, asked, Answered(200, "", version, user("u1", name, email, f"t{version}")))


def move(start: float, end: float, email: str, version: int, match: int = 0) -> Operation:
    asked = Asked("update", "u1", (("email", email),), match)
    return op(start, end, asked, Answered(200, "", version, user("u1", "Ann", email, f"t{version}")))


def stale(start: float, end: float, match: int, version: int, kind: str = "update") -> Operation:
    members = (("name", "Late"),) if kind == "update" else ()
    return refused(start, end, Asked(kind, "u1", members, match), 412, "precondition_failed", version)


def delete(start: float, end: float, match: int = 0) -> Operation:
    return op(start, end, Asked("delete", "u1", match=match), Answered(200))


def unseen(start: float, end: float, asked: Asked) -> Operation:
    return op(start, end, asked, None)


RENAME = Asked("update", "u1", (("name", "Bea"),))
DELETE = Asked("delete", "u1")

GOOD = {
    "nothing": [],
    "one after another": [create(0, 1), get(2, 3), rename(4, 5, "Bea", 2), get(6, 7, "Bea", 2, at="t2"), delete(8, 9)],
    "a read beside a write sees the old": [create(0, 1), rename(2, 9, "Bea", 2), get(3, 4)],
    "a read beside a write sees the new": [create(0, 1), rename(2, 9, "Bea", 2), get(3, 4, "Bea", 2, at="t2")],
    "of two creates at once one wins": [create(0, 5), taken(1, 4)],
    "an email is free again": [create(0, 1), delete(2, 3), create(4, 5, "u2")],
    "an email that moved is free": [create(0, 1), move(2, 3, B, 2), create(4, 5, "u2")],
    "a writer that came late is told the version": [create(0, 1), rename(2, 3, "Bea", 2, 1), stale(2, 4, 1, 2)],
    "a key gives its answer again": [create(0, 1, key="k"), create(2, 3, key="k", replayed=True)],
    "a key outlives its user": [create(0, 1, key="k"), delete(2, 3), create(4, 5, key="k", replayed=True)],
    "a lost create took effect": [lost(0, 1), taken(2, 3)],
    "a lost create took no effect": [lost(0, 1), create(2, 3)],
    "a lost create took effect long after": [lost(0, 1), create(2, 3), delete(4, 5), taken(6, 7)],
    "a replay tells of a lost create": [lost(0, 1, key="k"), create(2, 3, key="k", replayed=True), get(4, 5)],
    "a lost change is seen": [create(0, 1), unseen(2, 3, RENAME), get(4, 5, "Bea", 2, at="t9"), stale(6, 7, 1, 2)],
    "a lost change is seen late": [create(0, 1), unseen(2, 3, RENAME), get(4, 5), get(6, 7, "Bea", 2, at="t9")],
    "a lost delete took effect": [create(0, 1), unseen(2, 3, DELETE), missing(4, 5)],
    "a lost delete took no effect": [create(0, 1), unseen(2, 3, DELETE), get(4, 5)],
    "one spelling of an email is as good as another": [create(0, 1), move(2, 3, A.upper(), 2)],
}

BAD = {
    "two users with one email": [create(0, 1), create(2, 3, "u2")],
    "two users with one email at once": [create(0, 5), create(1, 4, "u2")],
    "two users with one email in two cases": [create(0, 1), create(2, 3, "u2", A.upper())],
    "an email held by nobody": [create(0, 1), delete(2, 3), taken(4, 5)],
    "an email that nobody ever had": [taken(0, 1)],
    "a user that is lost": [create(0, 1), missing(2, 3)],
    "a user that comes back": [create(0, 1), delete(2, 3), get(4, 5)],
    "a change of somebody who is gone": [create(0, 1), delete(2, 3), rename(4, 5, "Bea", 2)],
    "a user deleted twice": [create(0, 1), delete(2, 3), delete(4, 5)],
    "a user deleted twice at once": [create(0, 1), delete(2, 9), delete(3, 8)],
    "a stale read": [create(0, 1), rename(2, 3, "Bea", 2), get(4, 5)],
    "a read from the future": [create(0, 1), get(2, 3, "Bea", 2, at="t2"), rename(4, 5, "Bea", 2)],
    "reads that go back": [create(0, 1), rename(2, 9, "Bea", 2), get(3, 4, "Bea", 2, at="t2"), get(5, 6)],
    "two writers with one version": [create(0, 1), rename(2, 9, "Bea", 2, 1), rename(3, 8, "Cleo", 2, 1)],
    "an update that is lost": [create(0, 1), rename(2, 3, "Bea", 2), move(4, 5, B, 3)],
    "a version that is skipped": [create(0, 1), rename(2, 3, "Bea", 3)],
    "an If-Match that did not hold": [create(0, 1), rename(2, 3, "Bea", 2), rename(4, 5, "Cleo", 3, 1)],
    "a refusal of an If-Match that held": [create(0, 1), stale(2, 3, 1, 1)],
    "a refusal that names a version that never was": [create(0, 1), stale(2, 3, 9, 4)],
    "a delete that ignored If-Match": [create(0, 1), rename(2, 3, "Bea", 2), delete(4, 5, 1)],
    "a key that creates twice": [create(0, 1, key="k"), create(2, 3, "u2", B, key="k")],
    "a replay of another answer": [create(0, 1, key="k"), create(2, 3, "u2", key="k", replayed=True)],
    "a replay of nothing": [create(0, 1, key="k", replayed=True)],
    "a key that finds its own email taken": [create(0, 1, key="k"), taken(2, 3, key="k")],
    "a lost create took effect twice": [lost(0, 1), taken(2, 3), create(4, 5), missing(6, 7)],
    "a lost create before it was sent": [taken(0, 1), lost(2, 3)],
    "a lost change that comes and goes": [
        create(0, 1), unseen(2, 3, RENAME), get(4, 5, "Bea", 2, at="t9"), get(6, 7),
    ],
    "a lost delete that comes and goes": [create(0, 1), unseen(2, 3, DELETE), missing(4, 5), get(6, 7)],
    "an email that two moved to": [create(0, 1), create(0, 1, "u2", B), move(2, 3, B, 2)],
    "a change that cleared another member": [
        create(0, 1), op(2, 3, RENAME, Answered(200, "", 2, user("u1", "Bea", B, "t2"))),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_passes(name: str) -> None:
    verdict = check(GOOD[name], users_api, State())
    assert verdict.linearizable, verdict


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_does_not(name: str) -> None:
    verdict = check(BAD[name], users_api, State())
    assert not verdict.linearizable
    assert verdict.left, "the verdict names what could not come next"


def brute_force(history: list[Operation]) -> bool:
    """Every order of every choice of the unknown ones: slow and plain."""
    known = [at for at, operation in enumerate(history) if not operation.unknown]
    unknown = [at for at, operation in enumerate(history) if operation.unknown]
    for number in range(len(unknown) + 1):
        for made in itertools.combinations(unknown, number):
            for order in itertools.permutations([*known, *made]):
                if _keeps_time(history, order) and _explains(history, order):
                    return True
    return False


def _keeps_time(history: list[Operation], order: tuple[int, ...]) -> bool:
    pairs = itertools.combinations(order, 2)
    return all(history[second].over >= history[first].start for first, second in pairs)


def _explains(history: list[Operation], order: tuple[int, ...]) -> bool:
    states = {State()}
    for at in order:
        states = {following for state in states for following in users_api(state, history[at])}
    return bool(states)


def random_history(chance: random.Random) -> list[Operation]:
    """A few operations that overlap, with answers that may or may not go together."""
    made = [create(0, 1)]
    for _ in range(chance.randint(2, 5)):
        start = chance.randint(0, 12) + chance.random()
        end = start + chance.choice([0.5, 3, 8])
        version = chance.randint(1, 3)
        make = [
            lambda: get(start, end, "Ann", 1), lambda: missing(start, end), lambda: delete(start, end),  # noqa: B023
            lambda: rename(start, end, "Bea", version), lambda: stale(start, end, 1, version),  # noqa: B023
            lambda: taken(start, end), lambda: create(start, end, "u2", A), lambda: unseen(start, end, RENAME),  # noqa: B023
            lambda: get(start, end, "Bea", version, at=f"t{version}"), lambda: unseen(start, end, DELETE),  # noqa: B023
            lambda: move(start, end, B, version), lambda: lost(start, end),  # noqa: B023
        ]  # fmt: skip
        made.append(chance.choice(make)())
    return made


def test_it_agrees_with_brute_force() -> None:
    chance = random.Random(20)
    verdicts = [0, 0]
    for _ in range(600):
        history = random_history(chance)
        found = check(history, users_api, State()).linearizable
        assert found == brute_force(history), history
        verdicts[found] += 1
    assert min(verdicts) > 80, verdicts
    figures("histories checked twice", sum(verdicts), linearizable=verdicts[1], disagreements=0)

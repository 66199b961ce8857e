"""Administrators shut each other out, many at once and with faults: one is always left.

Each seed is one schedule, as in test_people. All are let in by the guard first, and decide then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

import users.administration
import users.people
import users.signed_in
from dynamodb.errors import Throttled, Unavailable
from tests.proofs.figures import figures
from tests.proofs.rewriting import rewrite
from tests.proofs.test_people import ANY, EMAILS, KEYS, START, SUBJECTS, World, complaints
from users.administration import Administration
from users.people import People
from users.signed_in import SignedInUsers
from utils.caller import ADMINS, PERSON, Caller
from utils.errors import AppError

QUICK, DEEP = range(400), range(1_000_000, 1_012_000)


class Palace(World):
    """A world of three administrators. Some are so by the group alone, the others by their record too."""

    def run(self) -> Palace:
        """Each decides about another, twice and at once."""
        faults, self.faults = self.faults, 0.0
        for subject, email in zip(SUBJECTS, EMAILS, strict=True):
            self.register(subject, email)
        self.records = {item["subject"]: item["userId"] for item in self.items("Users")}
        for subject in self.random.sample(SUBJECTS, self.random.randrange(3)):
            self.repository(Administration).by("sub:root").set_roles(self.records[subject], [ADMINS], ANY, None)
        self.faults = faults
        for number in range(2):
            for subject in SUBJECTS:
                self.scheduler.spawn(f"{subject} {number}", self.decision(subject))
        self.scheduler.run()
        return self

    def decision(self, subject: str) -> Callable[[], None]:
        """What one administrator does to another, as drawn."""
        user_id = self.records[self.random.choice([it for it in SUBJECTS if it != subject])]
        users, signed_in = self.repository(Administration), self.repository(SignedInUsers)
        act: Callable[[], Any] = self.random.choice(
            (
                functools.partial(users.by(f"sub:{subject}").disable, user_id, ANY, None),
                functools.partial(users.by(f"sub:{subject}").set_roles, user_id, [], ANY, None),
                functools.partial(signed_in.by(f"sub:{subject}").delete, user_id, ANY),
            )
        )

        def done() -> None:
            caller = Caller(PERSON, f"sub:{subject}", subject, in_admins=True, signed_in_at=int(START))
            try:
                People(self.call, KEYS).require_active(caller)
                act()
            except (AppError, Throttled, Unavailable):
                return

        return done

    def administrators(self) -> list[str]:
        """Who is one at the end, with a token of somebody in the group."""
        return [
            item["key"]
            for item in self.items(KEYS)
            if item["key"].startswith("subject#") and "status" not in item and item.get("roles", ADMINS) == ADMINS
        ]


def faulty(numbers: range) -> tuple[dict[int, int], list[str]]:
    """How often so many administrators were left, and the first complaints."""
    left: dict[int, int] = {}
    for number in numbers:
        palace = Palace(number).run()
        count = len(palace.administrators())
        left[count] = left.get(count, 0) + 1
        found = complaints(palace) + ([] if count else ["no administrator is left"])
        if found:
            return left, [f"seed {number}: {each}" for each in found]
    return left, []


def prove(numbers: range) -> None:
    left, found = faulty(numbers)
    figures("schedules of administrators", len(numbers), alone=left.get(1, 0), violations=len(found))
    assert found == []
    assert left[1] > len(numbers) / 4


def test_an_administrator_is_left_in_every_schedule() -> None:
    prove(QUICK)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_an_administrator_is_left_in_many_schedules() -> None:
    prove(DEEP)


WRONG = {
    "who shuts out need not be an administrator any more": (
        users.signed_in,
        "SignedInUsers._shutting_out",
        'return {"administrator": still_administrator(self._keys, administrator)}',
        "return {}",
    ),
    "only a deletion asks": (
        users.administration,
        "Administration._written",
        "actions |= self._shutting_out() if decision.shuts_out else {}",
        "",
    ),
    "a deletion does not ask": (users.signed_in, "SignedInUsers._burial", ", **self._shutting_out()", ""),
    "a disabled administrator shuts out": (
        users.people,
        "still_administrator",
        ".require_absent(STATUS)",
        "",
    ),
    "an administrator without the role shuts out": (
        users.people,
        "still_administrator",
        '.require_absent(ROLES, (ROLES, "=", ADMINS))',
        "",
    ),
    "an administrator who is deleted shuts out": (
        users.people,
        "still_administrator",
        'require_exists("userId").require_absent(STATUS)',
        'require_absent(STATUS, (STATUS, "=", DELETED))',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rewrite(monkeypatch, *WRONG[name])
    _, found = faulty(QUICK)
    assert any("no administrator is left" in each for each in found)

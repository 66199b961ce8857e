"""People register, change and go, many at once and with faults: each has one record, and a record one person.

Each seed is one schedule. Tasks take turns before and after every database call, and inside of it where two
transactions can meet. A call may be refused, lose its response, or be the last thing that its process does. Afterwards
everybody signs in once more without a fault, as the user pool tries again, and the tables must agree.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from greenlet import GreenletExit

import users.ownership
import users.people
import users.registration
import users.signed_in
from dynamodb.client import Client
from dynamodb.errors import Throttled, Unavailable
from dynamodb.values import from_item
from tests.proofs.concurrency.scheduler import Scheduler
from tests.proofs.figures import figures
from tests.proofs.rewriting import rewrite
from tests.support.memory_dynamodb import MemoryDynamoDB
from users.email_address import canonical
from users.model import Changes
from users.people import People
from users.registration import Person, Registration, SignInRefused
from users.signed_in import SignedInUsers
from utils.deadline import Deadline
from utils.errors import AppError
from utils.preconditions import precondition
from utils.response import ok

USERS, KEYS = "Users", "UserKeys"
SUBJECTS, EMAILS = ("one", "two", "three"), ("a@example.com", "b@example.com", "c@example.com")
ANY = precondition({})
QUICK, DEEP = range(400), range(1_000_000, 1_012_000)
START = 1_790_000_000.0
Item = dict[str, Any]


class World:
    """Two tables in memory and tasks over them. `faults` is how often a call gets one."""

    def __init__(self, seed: int, faults: float = 0.15) -> None:
        self.random, self.faults = random.Random(seed), faults
        self.scheduler = Scheduler(seed)
        database = MemoryDynamoDB(turn=self.scheduler.turn)
        for table, key in ((USERS, "userId"), (KEYS, "key")):
            database.create_table(table, key)
        self.client = Client(database)
        self.numbers = itertools.count(seed * 1000)

    def call(self, operation: str, request: Item) -> Item:
        """One call of a task, perhaps with a fault."""
        self.scheduler.turn(operation)
        kind = self.random.choice(("refused", "lost", "killed before", "killed after"))
        fault = kind if self.random.random() < self.faults else ""
        if fault == "refused":
            raise Throttled("ThrottlingException")
        if fault == "killed before":
            raise GreenletExit
        found = self.client.call(operation, request, Deadline(1e9))
        self.scheduler.turn(f"{operation} done")
        if fault == "killed after":
            raise GreenletExit
        if fault == "lost":
            raise Unavailable("NoResponse", uncertain=True)
        return found

    def repository(self, kind: Any) -> Any:
        """A repository as one function has it."""
        return kind(
            self.call,
            USERS,
            KEYS,
            clock=lambda: START,
            new_id=lambda: f"3f9c2a10-5b7e-4c1d-9e8f-{next(self.numbers):012x}",
            new_token=lambda: f"token-{next(self.numbers)}",
            pause=lambda _: self.scheduler.pause("pause"),
        )

    def items(self, table: str) -> list[Item]:
        """All items of a table, at the end."""
        found = self.client.call("Scan", {"TableName": table, "ConsistentRead": True}, Deadline(1e9))["Items"]
        return [from_item(item) for item in found]

    # what people do

    def register(self, subject: str, email: str) -> None:
        person = Person(subject, email, email_verified=True, name=f"Person {subject}")
        self.repository(Registration).register(person, People(self.call, KEYS))

    def create(self, email: str) -> None:
        users = self.repository(SignedInUsers)
        users.by("client:m").create({"name": "Made", "email": email}, ok)

    def any_record(self) -> Item | None:
        records = self.items(USERS)
        return self.random.choice(records) if records else None

    def delete(self, *, own: bool) -> None:
        record = self.any_record()
        if record and (record.get("subject") or not own):
            users = self.repository(SignedInUsers)
            if own:
                users.only_of(record["subject"])
            users.by("sub:x").delete(record["userId"], ANY)

    def change(self, email: str, *, own: bool) -> None:
        record = self.any_record()
        if record and (record.get("subject") or not own):
            users = self.repository(SignedInUsers)
            if own:
                users.only_of(record["subject"])
            users.by("sub:x").update(record["userId"], Changes({"name": "New"} if own else {"email": email}), ANY)

    def task(self) -> Callable[[], None]:
        """Something that somebody does, as drawn."""
        subject, email = self.random.choice(SUBJECTS), self.random.choice(EMAILS)
        drawn: Callable[[], None] = self.random.choice(
            (
                *[lambda: self.register(subject, email)] * 4,
                lambda: self.create(email),
                lambda: self.delete(own=True),
                lambda: self.delete(own=False),
                lambda: self.change(email, own=False),
                lambda: self.change(email, own=True),
            )
        )

        def done() -> None:
            try:
                drawn()
            except (AppError, SignInRefused, Throttled, Unavailable):
                return

        return done

    def run(self) -> World:
        """Five things at once, some of them the same person's sign-in three times."""
        faults, self.faults = self.faults, 0.0
        self.register("one", EMAILS[0])
        self.create(EMAILS[1])
        self.faults = faults
        first = self.task()
        for number, work in enumerate((first, first, first, self.task(), self.task())):
            self.scheduler.spawn(str(number), work)
        self.scheduler.run()
        self.faults = 0.0
        for person in self.items(KEYS):
            subject = person["key"].removeprefix("subject#")
            if person["key"].startswith("subject#") and person.get("email"):
                self.task_of(lambda s=subject, e=person["email"]: self.register(s, e))  # type: ignore[misc]
        self.scheduler.run()
        return self

    def task_of(self, work: Callable[[], None]) -> None:
        def done() -> None:
            try:
                work()
            except SignInRefused:
                return

        self.scheduler.spawn("again", done)


def complaints(world: World) -> list[str]:
    """What is wrong with the tables at the end."""
    records = {item["userId"]: item for item in world.items(USERS)}
    keys = {item["key"]: item for item in world.items(KEYS)}
    of_people = {key.removeprefix("subject#"): item for key, item in keys.items() if key.startswith("subject#")}
    found = []
    subjects = [item["subject"] for item in records.values() if "subject" in item]
    if len(set(subjects)) != len(subjects):
        found.append("two records of one person")
    for user_id, item in records.items():
        if "subject" in item and of_people.get(item["subject"], {}).get("userId") != user_id:
            found.append("a record whose person names another, or is gone")
        if keys.get(f"email#{canonical(item['email'])}", {}).get("userId") != user_id:
            found.append("a record without its email")
    for subject, item in of_people.items():
        if item.get("status") != "deleted" and records.get(item["userId"], {}).get("subject") != subject:
            found.append("a person without a record")
    for key, item in keys.items():
        if key.startswith("email#") and item["userId"] not in records:
            found.append("an email without a record")
    return found


def faulty(numbers: range) -> tuple[int, list[str]]:
    """How many people were seen, and the first complaints."""
    people = 0
    for number in numbers:
        world = World(number).run()
        people += sum(item["key"].startswith("subject#") for item in world.items(KEYS))
        if found := complaints(world):
            return people, [f"seed {number}: {each}" for each in found]
    return people, []


def prove(numbers: range) -> None:
    people, found = faulty(numbers)
    figures("schedules of people", len(numbers), people=people, violations=len(found))
    assert found == []
    assert people > len(numbers) / 2


def test_a_person_has_one_record_in_every_schedule() -> None:
    prove(QUICK)


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_a_person_has_one_record_in_many_schedules() -> None:
    prove(DEEP)


WRONG = {
    "a person's item is written over": (
        users.people,
        "claim",
        'require_absent("key")',
        'require_absent("key", ("userId", "<>", ""))',
    ),
    "a record is linked whatever it is now": (
        users.registration,
        "Registration._link",
        'Expression().require("version", "=", user.version).require_absent(SUBJECT)',
        'Expression().require_exists("userId")',
    ),
    "the person is written apart": (
        users.registration,
        "Registration._creation",
        'return {**actions, "person": self._claim(user["userId"])}',
        "return actions",
    ),
    "a deleted person leaves no tombstone": (
        users.signed_in,
        "SignedInUsers._burial",
        'if "Delete" not in action or not self._subject:',
        "if True:",
    ),
    "the link is made without the person": (
        users.registration,
        "Registration._link",
        ', "person": person',
        "",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_version_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, where, old, new = WRONG[name]
    wrong = rewrite(monkeypatch, module, where, old, new)
    if where == "claim":
        monkeypatch.setattr(users.registration, "claim", wrong)
    _, found = faulty(QUICK)
    assert found != []

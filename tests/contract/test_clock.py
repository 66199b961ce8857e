"""A clock that steps back makes no user older than it was, on every database."""

from __future__ import annotations

import random

import pytest

from tests.contract.conftest import START, Store
from tests.contract.test_repository import BOB, interfere, new, update
from utils.timestamps import rfc3339

BEFORE, AFTER = START - 3600, START + 3600
CHANGES = [{"name": "Bob II"}, {"email": "b@example.com"}, {"email": "BOB@example.com"}]


@pytest.mark.parametrize("members", CHANGES, ids=["name", "email", "spelling"])
class TestAClockThatStepsBack:
    def test_a_change_is_not_before_the_creation(self, store: Store, members: dict[str, str]) -> None:
        user = new(store, BOB)
        store.now = BEFORE
        changed = update(store, user["userId"], members)
        assert changed["updatedAt"] == user["createdAt"] == rfc3339(START)
        assert store.users.get(user["userId"]) == changed

    def test_a_change_is_not_before_another_that_was_made_meanwhile(
        self, store: Store, members: dict[str, str]
    ) -> None:
        """The other comes in between the read, if there is one, and the write."""
        user_id = new(store, BOB)["userId"]

        def meanwhile() -> None:
            store.now = AFTER
            update(store, user_id, {"age": 5})
            store.now = START

        interfere(store, "TransactWriteItems" if members == CHANGES[1] else "UpdateItem", meanwhile)
        changed = update(store, user_id, members)
        assert (changed["age"], changed["updatedAt"]) == (5, rfc3339(AFTER))

    def test_a_later_change_is_later(self, store: Store, members: dict[str, str]) -> None:
        user_id = new(store, BOB)["userId"]
        store.now = AFTER
        assert update(store, user_id, members)["updatedAt"] == rfc3339(AFTER)


def test_no_order_of_clocks_turns_time_back(store: Store) -> None:
    chance = random.Random(11)
    user = new(store, BOB)
    for _ in range(30):
        store.now = START + chance.randrange(-5000, 5000) / 1000
        changed = update(store, user["userId"], chance.choice([*CHANGES, {"age": 3}]))
        assert changed["updatedAt"] == max(user["updatedAt"], rfc3339(store.now))
        assert changed["createdAt"] == user["createdAt"]
        user = changed


def test_the_clock_costs_a_call_only_when_it_steps_back(store: Store) -> None:
    user_id = new(store, BOB)["userId"]
    for now, calls in ((START, 1), (AFTER, 1), (START, 2)):
        store.now = now
        store.calls.clear()
        update(store, user_id, {"age": 5})
        assert [operation for operation, _ in store.calls] == ["UpdateItem"] * calls

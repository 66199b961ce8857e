"""Random changes and random searches: what is found is what the other way finds, and never anything stale.

The index hears of changes late, twice, in any order, and from several writers at once. Some die between their reads and
their write.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from search import skipping, walk
from search.history import SETTLE_SECONDS
from tests.unit.search import oracle, people
from tests.unit.search.conftest import Search
from users.model import Changes
from utils.preconditions import precondition

NO_CONDITION = precondition({})
MANY = 150
# How many entries of a word a page may read whole, how many if it cannot skip, and by how many look-ups it may skip.
WAYS = ((walk.FEW, walk.RATHER_FEW, skipping.MOST_SEEKS), (0, 0, skipping.MOST_SEEKS), (0, 0, 3))


class Died(Exception):
    """A writer of the index ended before its write, or after it and before its message was taken from the queue."""


class World:
    """Users that change at random, and messages about them that are still on their way."""

    def __init__(self, search: Search, seed: int) -> None:
        self.search, self.random = search, random.Random(seed)
        self.users: dict[str, dict[str, Any]] = {}
        self.messages: list[str] = []
        self.number = 0

    def change(self) -> None:
        """One change of one user. Among many users, more of them are deleted."""
        chance = self.random.random()
        created = 0.45 if len(self.users) < MANY else 0.15
        if chance < created or not self.users:
            self.create()
        elif chance < created + 0.4:
            self.update(self.random.choice(list(self.users)))
        else:
            self.delete(self.random.choice(list(self.users)))

    def create(self) -> None:
        self.number += 1
        age = {"age": self.random.randint(1, 150)} if self.random.random() < 0.7 else {}
        members = {"name": people.name(self.random), "email": people.email(self.random, self.number), **age}
        user_id = self.search.create_late(**members)
        self.told(user_id)

    def update(self, user_id: str) -> None:
        self.number += 1
        choices: list[dict[str, Any]] = [
            {"name": people.name(self.random)},
            {"email": people.email(self.random, self.number)},
            {"age": self.random.choice([None, 30, 60, 90])},
            {"name": people.name(self.random), "email": people.email(self.random, self.number), "age": 44},
        ]
        changes = self.random.choice(choices)
        self.search.store.now += 1
        self.search.store.users.update(user_id, Changes(changes), NO_CONDITION)
        self.told(user_id)

    def delete(self, user_id: str) -> None:
        self.search.store.now += 1
        self.search.store.users.delete(user_id, NO_CONDITION)
        self.told(user_id)

    def told(self, user_id: str) -> None:
        """The state of a user, and the message about it."""
        user = self.search.find(user_id)
        if user:
            self.users[user_id] = dict(user)
        else:
            self.users.pop(user_id)
        self.messages.append(user_id)

    def deliver(self) -> None:
        """Deliver a message: not in order, perhaps twice, perhaps to a writer that dies or that another overtakes."""
        user_id = self.messages.pop(self.random.randrange(len(self.messages)))
        chance = self.random.random()
        if chance < 0.2:
            self.messages.append(user_id)
        if chance > 0.9:
            self.overtaken(user_id)
        elif chance > 0.8:
            self.messages.append(user_id)
            with contextlib.suppress(Died):
                self.search.writer(self.dying(self.random.choice(["before", "after"]))).follow(user_id)
        else:
            self.search.index.follow(user_id)

    def dying(self, when: str) -> Any:
        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            if operation == "TransactWriteItems":
                if when == "after":
                    self.search.store.call(operation, request)
                raise Died
            return self.search.store.call(operation, request)

        return call

    def overtaken(self, user_id: str) -> None:
        """A writer that reads, and writes only after the user has changed and another writer has followed that."""
        waiting = [True]

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            if operation == "TransactWriteItems" and waiting:
                waiting.clear()
                if user_id in self.users:
                    self.random.choice([self.update, self.delete])(user_id)
                    self.messages.remove(user_id)
                self.search.index.follow(user_id)
            return self.search.store.call(operation, request)

        self.search.writer(call).follow(user_id)

    def drain(self) -> None:
        while self.messages:
            self.deliver()

    def times(self) -> list[str]:
        return [user["createdAt"] for user in self.users.values()] or ["2026-01-01T00:00:00.000Z"]


def in_some_way(world: World) -> None:
    """Search in one of the ways that there are. Users are too few here for the ways to be taken by themselves."""
    walk.FEW, walk.RATHER_FEW, skipping.MOST_SEEKS = world.random.choice(WAYS)


@pytest.fixture(autouse=True)
def usual_way() -> Iterator[None]:
    yield
    walk.FEW, walk.RATHER_FEW, skipping.MOST_SEEKS = WAYS[0]


def check_nothing_is_stale(world: World) -> None:
    """What is found while messages are on their way is as it is in the table, and matches."""
    query = people.query(world.random, world.times())
    in_some_way(world)
    users, _ = world.search.page(world.random.choice((1, 3, 50)), **query)
    for user in users:
        assert world.users.get(user["userId"]) == user, query
        assert oracle.fits(user, query), (query, user)


def check_all_is_found(world: World) -> None:
    """With no message on its way, a walk finds what the other way finds, in its order."""
    query = people.query(world.random, world.times())
    in_some_way(world)
    found = world.search.walk(world.random.choice((1, 2, 7, 50) if len(world.users) < 100 else (20, 50, 100)), **query)
    assert found == oracle.in_order(world.users.values(), query), query


def run(search: Search, changes: int, searches: int, seed: int) -> World:
    world = World(search, seed)
    for number in range(changes):
        world.change()
        if world.messages and world.random.random() < 0.8:
            world.deliver()
        if number % 5 == 0:
            check_nothing_is_stale(world)
    world.drain()
    search.store.now += 2 * SETTLE_SECONDS
    for _ in range(searches):
        check_all_is_found(world)
    total, _ = search.finder.total()
    assert total == len(world.users)
    return world


def leftovers(world: World) -> list[dict[str, Any]]:
    """Items of the index that are about nobody and say something."""
    return [
        item
        for item in world.search.items()
        if "#count#" not in item["shard"]
        and not any(user_id in item["shard"] + item["place"] for user_id in world.users)
        and set(item) != {"shard", "place", "revision", "expiresAt"}
    ]


def test_a_search_finds_what_the_other_way_finds(search):
    world = run(search, changes=80, searches=60, seed=7)
    assert leftovers(world) == []


def test_nothing_is_left_of_users_that_are_all_deleted(search):
    world = run(search, changes=20, searches=3, seed=8)
    for user_id in list(world.users):
        world.delete(user_id)
    world.drain()
    assert leftovers(world) == []
    assert search.finder.total()[0] == 0
    assert all(name not in repr(search.items()) for name in ("maria", "example", "schmidt"))


@pytest.mark.deep
@pytest.mark.timeout(7200)
def test_a_search_finds_what_the_other_way_finds_after_many_changes(search):
    world = run(search, changes=10_000, searches=5_000, seed=9)
    assert leftovers(world) == []

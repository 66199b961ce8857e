"""The writes of the index are spread, whatever the names: no partition has much of them."""

from __future__ import annotations

import random
import uuid
from collections import Counter

import pytest

from search.entries import counter_of, head_of, said_of, words_in
from users.user import User

# The most frequent names in the census of the United States of 1990, in percent: first names of men and women, and last
# names. All others are more different than these.
MEN = {
    "James": 3.318,
    "John": 3.271,
    "Robert": 3.143,
    "Michael": 2.629,
    "William": 2.451,
    "David": 2.363,
    "Mark": 0.938,
}
WOMEN = {"Mary": 2.629, "Patricia": 1.073, "Linda": 1.035, "Barbara": 0.98, "Elizabeth": 0.937, "Maria": 0.828}
LAST = {
    "Smith": 1.006,
    "Johnson": 0.81,
    "Williams": 0.699,
    "Jones": 0.621,
    "Brown": 0.621,
    "Davis": 0.48,
    "Martin": 0.273,
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TIMES = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-01T00:00:00.000Z")
UNITS_A_SECOND = 1000  # that a partition takes


def drawn(chance: random.Random, names: dict[str, float]) -> str:
    """A name: one of the frequent ones as often as it is, or any other."""
    at = chance.random() * 100
    for name, percent in names.items():
        at -= percent
        if at < 0:
            return name
    return "".join(chance.choices(LETTERS, k=6)).title()


def person(chance: random.Random) -> User:
    name = f"{drawn(chance, chance.choice((MEN, WOMEN)))} {drawn(chance, LAST)}"
    user_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    domain = chance.choices(
        ("gmail.com", "yahoo.com", "outlook.com", f"firm{chance.randrange(5000)}.com"), (40, 15, 15, 30)
    )[0]
    return User({"userId": user_id, "name": name, "email": f"{user_id[:8]}@{domain}", **TIMES}, 1)


def busiest(count: int) -> dict[str, float]:
    """The share of all users that the busiest partition of each kind has."""
    found: dict[str, Counter[str | int]] = {"n": Counter(), "e": Counter(), "count": Counter(), "order": Counter()}
    chance = random.Random(5)
    for _ in range(count):
        said = said_of(person(chance))
        keys: list[tuple[str, str]] = [*words_in(said, {}), counter_of(str(said["userId"]))]
        for shard, _place in keys:
            found[shard.split("#")[1]][shard] += 1
        found["order"][head_of(said, {}, 1)["createdShard"]] += 1
    return {kind: max(counts.values()) / count for kind, counts in found.items()}


@pytest.mark.parametrize("count", [5_000, pytest.param(1_000_000, marks=pytest.mark.deep)])
def test_four_thousand_new_users_a_second_find_room(count):
    shares = busiest(count)
    units = {"n": 2, "e": 2, "count": 2, "order": 1}
    creates = {kind: UNITS_A_SECOND / units[kind] / share for kind, share in shares.items()}
    assert min(creates.values()) > 3_600
    assert shares["n"] < 0.04, "a common name"
    assert shares["e"] < 0.12, "a domain of 40 percent"

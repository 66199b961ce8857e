"""What the clients of a schedule do: short lists of requests that get in each other's way."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

EMAILS = ("e0@example.com", "e1@example.com", "e2@example.com")
KEYS = ("k0", "k1")
NAMES = ("Ann", "Ben", "Cem")
MATCHES = ("", "", "seen", "seen", "*", '"99"')

# How often each kind of request is drawn.
KINDS = {"create": 4, "replay": 4, "name": 4, "age": 1, "email": 5, "both": 2, "delete": 4, "get": 3, "list": 1}

DUEL = {"name": 8, "age": 1, "both": 2, "email": 3, "delete": 1}
DUEL_MATCHES = ("", "", "", "seen", "*")


@dataclass(frozen=True)
class Step:
    """One request. `target` picks a user among those known when it is sent; `match` is the If-Match header, `seen` for
    the entity tag that this client saw last; `key` the Idempotency-Key.
    """

    kind: str
    target: int = 0
    email: str = ""
    name: str = ""
    key: str = ""
    match: str = ""

    def __str__(self) -> str:
        shown = {
            "email": self.email, "name": self.name, "key": self.key, "match": self.match
        }  # fmt: skip
        words = [f"user {self.target}" if self.kind not in ("create", "replay", "list") else ""]
        return " ".join([self.kind, *filter(None, words), *(f"{k}={v}" for k, v in shown.items() if v)])


@dataclass(frozen=True)
class Plan:
    """The steps of each client, the users (by email) that are there before, and how often a call goes wrong.

    `split` makes transactions prepare and commit item by item, as DynamoDB does.
    """

    clients: tuple[tuple[Step, ...], ...]
    users: tuple[str, ...] = EMAILS[:1]
    faults: float = 0.0
    split: bool = True

    def without(self, client: int, step: int) -> Plan:
        """The plan less one step, and less its client if that was all it did."""
        steps = tuple(kept for number, kept in enumerate(self.clients[client]) if number != step)
        clients = (*self.clients[:client], *([steps] if steps else []), *self.clients[client + 1 :])
        return replace(self, clients=clients)

    def __str__(self) -> str:
        lines = [f"users {', '.join(self.users) or 'none'}; faults {self.faults}; split {self.split}"]
        lines += [f"client {n}: {'; '.join(map(str, steps))}" for n, steps in enumerate(self.clients)]
        return "\n".join(lines)


def random_plan(seed: int) -> Plan:
    """The plan of a number: a market of two to five clients, or, one time in three, a duel over one user."""
    chance = random.Random(seed)
    return _duel(chance) if seed % 3 == 2 else _market(chance)


def _market(chance: random.Random) -> Plan:
    clients = chance.randint(2, 5)
    steps = tuple(
        tuple(random_step(chance, KINDS) for _ in range(chance.randint(1, 4 if clients < 4 else 3)))
        for _ in range(clients)
    )
    users = EMAILS[: chance.randint(0, 2)]
    return Plan(steps, users, faults=chance.choice((0, 0.15)), split=chance.random() < 0.8)


def _duel(chance: random.Random) -> Plan:
    steps = tuple(
        tuple(
            replace(random_step(chance, DUEL), target=0, match=chance.choice(DUEL_MATCHES))
            for _ in range(chance.randint(1, 2))
        )
        for _ in range(chance.randint(2, 3))
    )
    return Plan(steps, EMAILS[:1], faults=chance.choice((0.15, 0.4)), split=chance.random() < 0.5)


def random_step(chance: random.Random, kinds: dict[str, int]) -> Step:
    """One request of a random kind."""
    kind = chance.choices(list(kinds), list(kinds.values()))[0]
    target, match, email, name = chance.randrange(3), chance.choice(MATCHES), _email(chance), chance.choice(NAMES)
    if kind == "create":
        return Step(kind, email=email, name=name)
    if kind == "replay":
        key = chance.choice(KEYS)
        usual = chance.random() < 0.85
        return Step(kind, email=EMAILS[KEYS.index(key)] if usual else email, name=f"Key {key}", key=key)
    if kind == "list":
        return Step(kind)
    wanted = {"name": ("name",), "email": ("email",), "both": ("name", "email")}.get(kind, ())
    members = {"email": email, "name": name}
    return Step(kind, target, match="" if kind == "get" else match, **{member: members[member] for member in wanted})


def _email(chance: random.Random) -> str:
    email = chance.choice(EMAILS)
    return email.upper().replace("@EXAMPLE.COM", "@example.com") if chance.random() < 0.2 else email

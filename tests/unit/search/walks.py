"""A world of users that move while others walk through lists of them, and what each walk has to show.

Everything is at random: changes, pages, how long a write takes, how clocks differ, and how far the orders are behind.
All stays within the bounds of docs/adr/0025. The oracle knows neither versions nor entries: it writes down what each
user was, in the table and in the index, and when.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from dynamodb.values import to_item
from search.finder import Finder, Place
from search.index import SearchIndex
from search.query import Query
from users.user import User
from utils.timestamps import rfc3339

START = 1_790_000_000.0
FIRST = ("Mara", "Maria", "Mark", "Marz", "Zoe")
LAST = ("Schmidt", "Schulz", "Adams", "Zorn", "Mar")
DOMAINS = ("example.com", "example.org")
QUERIES: tuple[dict[str, Any], ...] = (
    *({"sort": "name"}, {"sort": "-name"}, {"sort": "-createdAt"}, {"sort": "name", "domain": "example.com"}),
    *({"q": "mar"}, {"q": "maria"}, {"q": "mar sch"}, {"q": "schm"}, {"q": "mar", "domain": "example.org"}),
    *({"q": "mar", "sort": "name"}, {"q": "sch", "sort": "-name"}, {"q": "zo", "sort": "createdAt"}),
    *({"q": "schmidt maria"}, {"q": "maria", "sort": "name"}, {"q": "mark", "sort": "-name", "domain": "example.com"}),
)
MOST_MOVES = 3  # of one user, for which a walk still misses nobody
WRITE, SKEW, LAG = 1.9, 0.4, 2.2  # seconds at most
BEFORE = 5.0  # a walk sees what the index had so many seconds before it began, or has newer


def matches(user: User | None, query: dict[str, Any]) -> bool:
    """Whether a user is found, by the plain words that there are here."""
    if not user or not user["email"].endswith(query.get("domain", "")):
        return False
    words = [*user["name"].lower().split(), *user["email"].lower().replace("@", " ").split()]
    return all(any(word.startswith(part) for word in words) for part in query.get("q", "").split())


class Timeline:
    """What something was, and from when on."""

    def __init__(self) -> None:
        self._states: list[tuple[float, User | None]] = [(0.0, None)]

    def note(self, time: float, user: User | None) -> None:
        self._states.append((time, user))

    def always(self, start: float, end: float, query: dict[str, Any]) -> bool:
        """Whether it matched from one time to another."""
        at_start = [user for time, user in self._states if time <= start][-1]
        return all(matches(it, query) for it in (at_start, *(user for at, user in self._states if start < at <= end)))


class Walker:
    """One walk. Raises AssertionError if it shows a user twice, or one that does not match."""

    def __init__(self, world: World, query: dict[str, Any], limit: int) -> None:
        self.world, self.query, self.limit = world, query, limit
        self.started, self.shown, self.after, self.ended = world.now, [], None, False

    shown: list[str]
    after: Place | None

    def page(self) -> None:
        """Read one page."""
        users, self.after = self.world.finder.page(Query(self.query), self.limit, self.after)
        assert len(users) <= self.limit
        for user in users:
            assert user["userId"] not in self.shown, f"twice: {user['userId']} {self.query}"
            assert user == self.world.users.get(user["userId"]), "stale"
            assert matches(user, self.query), f"{user} does not match {self.query}"
            self.shown.append(user["userId"])
        self.ended = self.after is None

    def check(self) -> int:
        """Check that nobody is missing who had to be shown; how many had to be."""
        wanted = {it for it in self.world.moves if self.world.stayed(it, self.started - BEFORE, self.query)}
        assert wanted <= set(self.shown), f"missed: {wanted - set(self.shown)} {self.query}"
        return len(wanted)


class World:
    """Users in a table, their index, and walks. `many` moves of one user may be more than the index keeps."""

    def __init__(self, seed: int, many: bool = False) -> None:
        self.random, self.now, self.many = random.Random(seed), START, many
        self.users: dict[str, User] = {}
        self.walks: list[Walker] = []
        self.checked = self.moved = self.number = 0
        self.moves: defaultdict[str, int] = defaultdict(int)
        self._table: defaultdict[str, Timeline] = defaultdict(Timeline)
        self._index: defaultdict[str, Timeline] = defaultdict(Timeline)
        self._writing = False

    def use(
        self, call: Callable[[str, dict[str, Any]], dict[str, Any]], users: str, search: str, mark: str = ""
    ) -> World:
        """Work on these tables. `mark` makes tokens that nobody else has."""
        self._call, self._users = call, users
        self.finder = Finder(call, users, "Keys", search, clock=self._clock)
        self.index = SearchIndex(
            self._slowly, search, self.users.get, clock=self._clock, new_token=lambda: mark + str(self._next()),
            pause=lambda _: None,
        )  # fmt: skip
        return self

    def run(self, people: int, steps: int) -> World:
        """Some steps; then all walks go to their end."""
        for _ in range(people):
            self.create()
        self.now += 10
        for _ in range(steps):
            self.step()
        while any(not walk.ended for walk in self.walks):
            self.read()
        return self

    def step(self) -> None:
        """One change, page, or new walk."""
        self.now += self.random.choice((0.0, 0.1, 1.0, 4.0, 30.0))
        chance = self.random.random()
        if chance < 0.25 and len(self.walks) < 4:
            self.walks.append(Walker(self, self.random.choice(QUERIES), self.random.randint(1, 3)))
            self.walks[-1].page()
        elif chance < 0.5:
            self.read()
        elif chance < 0.9 and self.users:
            self.change(self.random.choice(sorted(self.users)))
        else:
            self.create()

    def read(self) -> None:
        """A page of one of the walks."""
        going = [walk for walk in self.walks if not walk.ended]
        if not going:
            return
        walk = self.random.choice(going)
        walk.page()
        if walk.ended:
            self.checked += walk.check()

    def create(self) -> None:
        """A new user."""
        user_id = f"{self._next():08x}-0000-4000-8000-000000000000"
        time = rfc3339(self.now)
        self._follow(User({"userId": user_id, **self._members(), "createdAt": time, "updatedAt": time}, 1), user_id)

    def change(self, user_id: str) -> None:
        """A new name, a new email, another age, or the end of a user."""
        user, chance = self.users[user_id], self.random.random()
        if chance < 0.1:
            self._follow(None, user_id)
            return
        if chance < 0.8 and (self.many or self.moves[user_id] < MOST_MOVES):
            self.moves[user_id] += 1
            new = self._members()
            kept = self.random.choice(([], ["name"], ["email"], ["email"]))
            new = {name: value for name, value in new.items() if name not in kept}
        else:
            new = {"age": self.random.randint(1, 99)}
        self._follow(User({**user, **new, "updatedAt": rfc3339(self.now)}, user.version + 1), user_id)

    def stayed(self, user_id: str, since: float, query: dict[str, Any]) -> bool:
        """Whether a user is there and has matched all the time, in the table and in the index."""
        kept = self.moves[user_id] <= MOST_MOVES
        return kept and all(each[user_id].always(since, self.now, query) for each in (self._table, self._index))

    def _members(self) -> dict[str, Any]:
        name = f"{self.random.choice(FIRST)} {self.random.choice(LAST)}"
        return {"name": name, "email": f"{self.random.choice(FIRST)}@{self.random.choice(DOMAINS)}"}

    def _follow(self, user: User | None, user_id: str) -> None:
        """Write a user, and let the index follow."""
        self.moves.setdefault(user_id, 0)
        if user:
            self.users[user_id] = user
            item = {**user, "version": user.version, "lastWrite": "x"}
            self._call("PutItem", {"TableName": self._users, "Item": to_item(item)})
        else:
            del self.users[user_id]
            self._call("DeleteItem", {"TableName": self._users, "Key": to_item({"userId": user_id})})
        self._table[user_id].note(self.now, user)
        self._follows = user_id
        self.index.follow(user_id)

    def _slowly(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """A call of the writer: before it writes, time goes by, and others read."""
        if operation == "TransactWriteItems":
            start = self.now
            for _ in range(self.random.choice((0, 0, 1, 2))):
                self.now = min(start + WRITE, self.now + self.random.random())
                self.read()
        answer = self._call(operation, request)
        if operation == "TransactWriteItems":
            self._index[self._follows].note(self.now, self.users.get(self._follows))
        return answer

    def lag(self) -> float:
        """How far an order is behind the table."""
        return self.random.choice((0.0, LAG * self.random.random()))

    def time(self) -> float:
        """The time of DynamoDB."""
        return self.now

    def _clock(self) -> float:
        return self.now + SKEW * (self.random.random() - 0.5)

    def _next(self) -> int:
        self.number += 1
        return self.number

"""A client that resumes tells of each change once and misses none, or learns of a gap: random histories.

Pushes fail and come again, in any order and more than once. Before each step of a push and of a subscription, the
client may lose its connection or come back, or another push may run. The log may have a message twice, and the client
drops it by its id.
"""

from __future__ import annotations

import itertools
import json
import random
import types
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from consumers.push_live_updates import NotPushed, push_live_updates
from live import recent as right
from sockets.handle_message import subscribe
from tests.proofs.figures import figures
from tests.support.server import ROOT
from tests.unit.live import wrong
from tests.unit.live.stand_ins import EVENT, nobody
from tests.unit.live.test_connections import NOW
from utils.consumer import Event

CHANGES = 6
SECONDS_OF_STEP = (1.5, 0.1, 0.1)  # at most, by depth: with all that happens meanwhile, an attempt takes ten seconds
NESTED = 2  # a client that comes during a push, and a push while that client subscribes


class Client:
    """A client as clients/live.mjs is one: it keeps the highest place and the ids that it knows."""

    def __init__(self) -> None:
        self.connection, self.gaps = "", 0
        self.place: int | None = None
        self.told: Counter[str] = Counter()
        self.known: set[str] = set()

    def take(self, message: dict[str, Any]) -> None:
        """A message about a change."""
        self.told.update({message["id"]} - self.known)
        self.known.add(message["id"])
        self.place = max(self.place or 0, message["place"])


class History:
    """One client and some changes. `chance` decides what happens before each step of a push and of a subscription."""

    def __init__(
        self, seed: int, push: Any = push_live_updates, subscription: Any = subscribe, version: Any = right
    ) -> None:
        self.chance, self.now = random.Random(seed), NOW
        self.push, self.subscription = push, subscription
        self.recent = version.Recent(self.call, "Live", lambda: self.now)
        self.client, self.depth, self.numbers = Client(), 0, itertools.count()
        self.log: dict[str, dict[str, Any]] = {}
        self.listed: dict[str, set[str]] = {}
        self.waiting: list[dict[str, Any]] = []

    def step(self) -> None:
        """Let time pass, and the client or another push act."""
        self.now += self.chance.random() * SECONDS_OF_STEP[self.depth]
        if self.depth < NESTED:
            self.depth += 1
            what = self.chance.random()
            if what < 0.2:
                self.client.connection = ""
            elif what < 0.4 and not self.client.connection:
                self.comes()
            elif what < 0.5 and self.waiting:
                self.pushed()
            self.depth -= 1

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The table of the log."""
        self.step()
        if operation == "PutItem":
            self.log[request["Item"]["place"]["S"]] = request["Item"]
            return {}
        first = request["ExpressionAttributeValues"][":place"]["S"]
        return {"Items": [self.log[place] for place in sorted(self.log) if place >= first]}

    def subscribe(self, connection: str, topic: str) -> None:
        """Of the connections: add one."""
        self.step()
        self.listed.setdefault(topic, set()).add(connection)

    def subscribers(self, topic: str) -> list[str]:
        """Of the connections: who is subscribed."""
        self.step()
        return sorted(self.listed.get(topic, ()))

    def close(self, connection: str) -> None:
        """Of the connections: remove one."""
        for listed in self.listed.values():
            listed.discard(connection)

    def send(self, connections: Iterable[str], message: str) -> tuple[list[str], list[str]]:
        """API Gateway: some connections are gone, and some do not take the message."""
        self.step()
        gone, failed = [], []
        for connection in sorted(connections):
            if connection != self.client.connection:
                gone.append(connection)
            elif self.chance.random() < 0.3:
                failed.append(connection)
            else:
                self.client.take(json.loads(message))
        return gone, failed

    def comes(self) -> None:
        """The client connects and subscribes. It may lose the connection before the response arrives."""
        name, client = f"connection {next(self.numbers)}", self.client
        client.connection = name
        after = {} if client.place is None else {"after": client.place}
        told = self.subscription(name, {"to": "users", **after}, self, self.recent)
        if client.connection == name:
            client.gaps += told["gap"]
            for missed in told["missed"]:
                client.take(missed)
            client.place = max(client.place or 0, told["place"])

    def pushed(self) -> None:
        """An attempt to push one of the changes; it comes again if a connection did not take it."""
        change = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        try:
            self.push(Event("UserUpdated", change), self, self.recent, self, nobody)
        except NotPushed:
            self.waiting.append(change)

    def run(self) -> set[str]:
        """All changes are pushed; their ids."""
        self.depth = NESTED
        self.comes()
        self.depth = 0
        ids = {f"event {number}" for number in range(CHANGES)}
        changes = [{**EVENT, "id": each} for each in sorted(ids)]
        self.waiting = [change for change in changes for _ in range(self.chance.choice((1, 1, 2)))]
        while self.waiting:
            self.pushed()
            self.now += self.chance.choice((0, 0, 60))
        self.depth = NESTED
        if not self.client.connection:
            self.comes()
        return ids


def each_change_is_told_once(seed: int, **versions: Any) -> None:
    history = History(seed, **versions)
    ids = history.run()
    assert history.client.gaps == 0
    assert history.client.told == Counter(ids), f"seed {seed}"


@pytest.mark.parametrize("seeds", [range(1000), pytest.param(range(1000, 20_000), marks=pytest.mark.deep)], ids=len)
def test_each_change_is_told_once(seeds):
    for seed in seeds:
        each_change_is_told_once(seed)
    figures("histories of a client that resumes", len(seeds), violations=0)


def edited(old, new):
    """src/live/recent.py with one fault."""
    text = (ROOT / "src" / "live" / "recent.py").read_text()
    assert text.count(old) == 1
    version = types.ModuleType("wrong")
    exec(text.replace(old, new), version.__dict__)
    return version


def caught(**versions):
    for seed in range(1000):
        try:
            each_change_is_told_once(seed, **versions)
        except AssertionError:
            return True
    return False


WRONG = {
    "sends before it logs": lambda: {"push": wrong.sends_before_it_logs},
    "forgets what failed": lambda: {"push": wrong.forgets_what_failed},
    "reads before it subscribes": lambda: {"subscription": wrong.reads_before_it_subscribes},
    "reads from the last place on": lambda: {"version": edited("OVERLAP_SECONDS = 30", "OVERLAP_SECONDS = 0")},
    "logs at a time of its own": lambda: {"version": edited("place = self.now()", "place = self.now() - 60_000")},
    "logs nothing": lambda: {"version": edited('self._call("PutItem"', '(lambda *_: 0)("PutItem"')},
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_version_is_caught(fault):
    assert caught(**WRONG[fault]())


def test_a_client_that_forgets_ids_is_caught(monkeypatch):
    monkeypatch.setattr(Client, "take", lambda self, message: self.told.update([message["id"]]))
    assert caught()

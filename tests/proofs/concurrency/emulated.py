"""The same schedules over the emulator: a turn before each request, and the writes seen by comparing the tables."""

from __future__ import annotations

import json
from typing import Any

from tests.proofs.concurrency.plans import Plan
from tests.proofs.concurrency.world import KEYS, USERS, Faulty, World
from tests.proofs.system import System

KEY = {USERS: "userId", KEYS: "key"}


class EmulatorWorld(World):
    """A world over `wire`, a transport to the emulator, and two tables there, which must be empty."""

    def __init__(
        self, system: System, plan: Plan, seed: int, depth: int | None, wire: Any, names: dict[str, str]
    ) -> None:
        self.database = Compared(self, wire, names)  # type: ignore[assignment]
        super().__init__(system, plan, seed, depth)

    def transport(self) -> Any:
        return Faulty(self)


class Compared:
    """The emulator's two tables; every request is followed by a look at what it changed."""

    settled = True  # the emulator makes a transaction at once

    def __init__(self, world: World, wire: Any, names: dict[str, str]) -> None:
        self._world = world
        self._wire = wire
        self._names = names
        self._items: dict[str, dict[str, Any]] = {USERS: {}, KEYS: {}}

    def send(self, operation: str, body: bytes) -> tuple[int, Any, bytes]:
        """One request, and the writes it made into the world's log."""
        self._world.scheduler.turn(operation)
        answer: tuple[int, Any, bytes] = self._wire.send(operation, self._named(body), 5.0)
        if operation not in ("GetItem", "Scan"):
            for table in KEY:
                self._compare(table)
        return answer

    def _named(self, body: bytes) -> bytes:
        for table, name in self._names.items():
            body = body.replace(f'"TableName": "{table}"'.encode(), f'"TableName": "{name}"'.encode())
        return body

    def _compare(self, table: str) -> None:
        now = {item[KEY[table]]["S"]: item for item in self._scan(table)}
        known = self._items[table]
        for key in known.keys() | now.keys():
            if known.get(key) != now.get(key):
                self._world._written(table, key, known.get(key), now.get(key))
        self._items[table] = now

    def _scan(self, table: str) -> list[dict[str, Any]]:
        request = {"TableName": self._names[table], "ConsistentRead": True}
        status, _headers, body = self._wire.send("Scan", json.dumps(request).encode(), 5.0)
        assert status == 200, body
        found: list[dict[str, Any]] = json.loads(body)["Items"]
        return found

    def clear(self) -> None:
        """Empty both tables."""
        for table, items in self._items.items():
            for key in items:
                request = {"TableName": self._names[table], "Key": {KEY[table]: {"S": key}}}
                status, _headers, body = self._wire.send("DeleteItem", json.dumps(request).encode(), 5.0)
                assert status == 200, body

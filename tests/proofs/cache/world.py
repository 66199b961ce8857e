"""Readers and writers of users with a cache between: the real code and a real Valkey, in an order that a seed decides.

Every step of the database and every command of the cache is a turn, before it and after it. Writes lose their answers:
before they take effect, after it, or long before it.
"""

from __future__ import annotations

import itertools
import random
import uuid
from typing import Any

from tests.proofs.concurrency.scheduler import Scheduler
from tests.proofs.system import System
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.valkey import Valkey

START = 1_790_000_000.0
GONE = float("inf")
WRITES = ("UpdateItem", "TransactWriteItems")
_worlds = itertools.count()


class World:
    """One run. Afterwards `stale` has what was read too late, and `failed` what raised but should not."""

    def __init__(
        self, system: System, valkey: Valkey, seed: int, *, losses: float = 0.2, cache_faults: float = 0
    ) -> None:
        self.system = system
        self.random = random.Random(seed)
        self.scheduler = Scheduler(seed + 1, None if seed % 2 else 1 + seed // 2 % 4)
        self.stale: list[str] = []
        self.failed: list[str] = []
        self.reads = self.hits = self.writes = 0
        self._table = f"Users{next(_worlds)}-{uuid.uuid4().hex[:8]}"
        self._losses, self._cache_faults = losses, cache_faults
        self._port = valkey.port
        self._emails = itertools.count()
        self._ticks = itertools.count()
        self._database = MemoryDynamoDB(turn=self.scheduler.turn)
        self._database.create_table(self._table, "userId")
        self._database.create_table("UserKeys", "key")
        plain = system.module("dynamodb.client").Client(self._database)
        self._ids = [self._created(plain) for _ in range(2)]
        self.acknowledged: dict[str, float] = dict.fromkeys(self._ids, 1)

    def run(self, readers: int = 3, writers: int = 2) -> World:
        """Carry it out: each reader reads, each writer writes, a few times."""
        for number in range(readers):
            self.scheduler.spawn(f"reader {number}", self._reader)
        for number in range(writers):
            self.scheduler.spawn(f"writer {number}", self._writer)
        self.scheduler.run()
        for user_id in self._ids:  # and what stays in the cache when all is over
            self._read(self._users("Cached"), user_id)
        return self

    def _reader(self) -> None:
        users = self._users("Cached")
        for _ in range(5):
            self._read(users, self.random.choice(self._ids))

    def _read(self, users: Any, user_id: str) -> None:
        at_least = self.acknowledged[user_id]
        asked = users.asked
        found = self._version(users, user_id)
        self.reads += 1
        self.hits += users.asked == asked
        if found is not None and found < at_least:
            self.stale.append(f"version {found} of a user was read after {at_least} was acknowledged")
            self.scheduler.trace.append(self.stale[-1])

    def _version(self, users: Any, user_id: str) -> float | None:
        try:
            return int(users.get(user_id).version)
        except self.system.module("users.errors").UserNotFound:
            return None

    def _writer(self) -> None:
        users = self._users("Invalidating")
        for _ in range(3):
            self._write(users, self.random.choice(self._ids))

    def _write(self, users: Any, user_id: str) -> None:
        errors = self.system.module("users.errors")
        unavailable = self.system.module("utils.errors").ServiceUnavailable
        model = self.system.module("users.model")
        anyhow = self.system.module("utils.preconditions").Precondition()
        kind = self.random.choice(("name", "name", "email", "delete"))
        try:
            if kind == "delete":
                users.delete(user_id, anyhow)
                version = GONE
            else:
                value = {"name": "Bob"} if kind == "name" else {"email": f"{next(self._emails)}@example.com"}
                version = users.update(user_id, model.Changes(value), anyhow).version
        except (errors.UserNotFound, unavailable):
            return
        self.writes += 1
        self.acknowledged[user_id] = max(self.acknowledged[user_id], version)
        self.scheduler.trace.append(f"{kind}: version {version} is acknowledged")

    def _users(self, kind: str) -> Any:
        """A repository of its own, as a function has it. `asked` counts what it asks the database."""
        module = self.system.module
        client = module("dynamodb.client").Client(
            Losing(self), sleep=lambda seconds: self.scheduler.pause("backoff"), random=self.random.random
        )
        connector = module("dynamodb.connection").Connector("localhost", self._port, tls=False)
        server = Turning(self, module("cache.resp").Server(connector.open_socket))
        leases = module("cache.leases").Leases(server, 60, clock=lambda: next(self._ticks) * 1e9)  # readers never rest
        beside = getattr(module("dynamodb.cached"), kind)(client, leases, self._table)
        users = self._repository(beside)
        users.asked = 0
        transport = client._transport

        def counted(operation: str, body: bytes, timeout: float) -> Any:
            users.asked += 1
            return transport.sent(operation, body, timeout)

        transport.send = counted
        return users

    def _repository(self, client: Any) -> Any:
        deadline = self.system.module("utils.deadline").Deadline(1e9)
        return self.system.module(
            "users.repository"
        ).UserRepository(
            lambda operation, request: client.call(operation, request, deadline),
            self._table,
            "UserKeys",
            clock=lambda: START + 120 * next(self._ticks),  # so that a write without an answer is tried again
            new_id=lambda: str(uuid.UUID(int=self.random.getrandbits(128), version=4)),
            new_token=lambda: uuid.uuid4().hex[:24],
            pause=lambda attempt: self.scheduler.pause("pause"),
        )

    def _created(self, client: Any) -> str:
        kept: list[Any] = []
        members = {"name": "Ann", "email": f"{next(self._emails)}@example.com"}
        self._repository(client).create(members, kept.append)
        return str(kept[-1]["userId"])


class Losing:
    """The database, as a client reaches it. Writes lose their answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, timeout: float) -> None:
        """There is nothing to connect to."""

    def sent(self, operation: str, body: bytes, timeout: float) -> Any:
        """One request and, if it is not lost, its answer."""
        world, database = self._world, self._world._database
        lost = world.system.module("dynamodb.errors").NoResponse("lost", sent=True)
        if operation not in WRITES or world.random.random() >= world._losses:
            return database.send(operation, body, timeout)
        kind = world.random.choice(("before", "after", "late"))
        world.scheduler.trace.append(f"the answer is lost {kind} its effect")
        if kind == "after":
            database.send(operation, body, timeout)
        elif kind == "late":
            world.scheduler.spawn("late", lambda: database.send(operation, body, timeout) and None)
        raise lost


class Turning:
    """The cache, as a function reaches it: others come before each command and before its reply. It may fail."""

    def __init__(self, world: World, server: Any) -> None:
        self._world = world
        self._server = server

    def ask(self, *commands: Any) -> Any:
        """The replies; or none, before or after the commands were carried out."""
        world, name = self._world, commands[0][0]
        no_reply = world.system.module("cache.resp").NoReply
        fails = world.random.random() < world._cache_faults and world.random.choice(("before", "after"))
        world.scheduler.turn(name)
        if fails == "before":
            raise no_reply("lost")
        replies = self._server.ask(*commands)
        world.scheduler.turn(f"{name} is replied to")
        if fails:
            raise no_reply("lost")
        return replies

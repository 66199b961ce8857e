"""The real handlers over a database whose every step is a turn, with clients that follow a plan."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from dynamodb.values import from_item
from tests.proofs.concurrency.plans import Plan, Step
from tests.proofs.concurrency.scheduler import Scheduler
from tests.proofs.concurrency.system_invariants import broken_invariants
from tests.proofs.concurrency.writes import WriteLog
from tests.proofs.system import System
from tests.support.events import Context, event
from tests.support.memory_dynamodb import MemoryDynamoDB

USERS, KEYS = "Users", "UserKeys"
START = 1_790_000_000.0
SINGLE_FAULTS = ("lost before", "lost after", "throttled", "500 before", "500 after", "crash")
FAULTS = (*SINGLE_FAULTS, "left running")


class Crash(BaseException):
    """The function ends here, in the middle of its work."""


@dataclass
class Act:
    """One request of a client and what came of it: `status` 0 where nothing came, `start` and `end` as moments."""

    client: int
    step: Step
    target: str = ""
    match: str = ""
    start: int = 0
    end: int = -1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    pages: list[Act] = field(default_factory=list)

    def __str__(self) -> str:
        told = self.document.get("code") or self.headers.get("ETag") or ""
        return f"client {self.client}: {self.step} -> {self.status or 'no answer'} {told}".rstrip()


class World:
    """One run of a plan: afterwards `acts` and `log` tell all that was asked, answered and written."""

    def __init__(self, system: System, plan: Plan, seed: int, depth: int | None = None) -> None:
        self.plan = plan
        self.scheduler = Scheduler(seed, depth)
        self.random = random.Random(seed + 1)
        self.log = WriteLog()
        self.acts: list[Act] = []
        self.known: list[str] = []
        self.broken: list[str] = []
        self._system = system
        self._clock = START
        self._skew = random.Random(seed + 2)
        self._quiet = True  # nothing goes wrong while the first users are made
        self._client = system.module("dynamodb.client").Client(
            self.transport(), sleep=lambda seconds: self.scheduler.pause("backoff"), random=self.random.random
        )
        self._handlers = handlers(system, self)
        self._checked = 0

    def transport(self) -> Any:
        """The database, as the client reaches it."""
        plan = self.plan
        self.database = MemoryDynamoDB(
            turn=self.scheduler.turn if plan.split else self._turn_before,
            order=self._shuffled if plan.split else list,
            written=self._written,
        )
        self.database.create_table(USERS, "userId")
        self.database.create_table(KEYS, "key")
        return Faulty(self)

    def run(self) -> World:
        """Carry the plan out."""
        for email in self.plan.users:
            self.perform(-1, Step("create", email=email, name="First"), {})
        self._quiet = False
        self._clock += 3600
        self.scheduler.after_step = self._check_settled
        for number, steps in enumerate(self.plan.clients):
            self.scheduler.spawn(f"client {number}", lambda number=number, steps=steps: self._live(number, steps))  # type: ignore[misc]
        self.scheduler.run()
        return self

    def _live(self, client: int, steps: tuple[Step, ...]) -> None:
        seen: dict[str, str] = {}
        for step in steps:
            self.scheduler.turn(str(step))
            self.perform(client, step, seen)

    def perform(self, client: int, step: Step, seen: dict[str, str]) -> None:
        """Send one request and note what came of it."""
        act = Act(client, step, start=self.log.now)
        act.target = self.known[step.target % len(self.known)] if self.known else str(uuid.UUID(int=7, version=4))
        act.match = seen.get(act.target, "") if step.match == "seen" else step.match
        self.acts.append(act)
        task = self.scheduler.current
        if task:
            task.owner = act
        self._owner = act
        with contextlib.suppress(Crash):
            if step.kind == "list":
                self._walk(act)
            else:
                self._send(act, *request(act))
        act.end = self.log.now
        self._learn(act, seen)
        self.scheduler.trace.append(f"    {act}")

    def _send(self, act: Act, operation: str, sent: dict[str, Any]) -> None:
        answer = self._handlers[operation](sent, Context(3600))
        act.status, act.headers = answer["statusCode"], answer["headers"]
        act.document = json.loads(answer["body"]) if answer["body"] else {}

    def _walk(self, act: Act) -> None:
        query = "limit=1"
        while query:
            page = Act(act.client, act.step, start=self.log.now)
            self._send(page, "list_users", event("GET", "/users", query=query))
            page.end = self.log.now
            act.pages.append(page)
            query = f"limit=1&lastKey={page.document['lastKey']}" if page.document.get("hasMore") else ""
        act.status = act.pages[-1].status
        act.document = act.pages[-1].document

    def _learn(self, act: Act, seen: dict[str, str]) -> None:
        user_id = act.document.get("userId")
        if user_id and act.status == 201 and user_id not in self.known:
            self.known.append(user_id)
        if user_id and "ETag" in act.headers:
            seen[user_id] = act.headers["ETag"]

    # what the repository is given

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        deadline = self._system.module("utils.deadline").Deadline(3600)
        answer: dict[str, Any] = self._client.call(operation, request, deadline)
        return answer

    def clock(self) -> float:
        """Every look is a moment later, on a clock that may be two seconds behind or ahead of the one before."""
        self._clock += 0.001
        return self._clock + self._skew.choice((0, 0, -2, 2))

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def new_token(self) -> str:
        return f"{self.random.getrandbits(96):024x}"

    def pause(self, attempt: int) -> None:
        self.scheduler.pause("pause")

    # what the database tells

    def _turn_before(self, label: str) -> None:
        if label not in ("prepare", "commit", "Scan item"):
            self.scheduler.turn(label)

    def _shuffled(self, indexes: list[int]) -> list[int]:
        return self.random.sample(indexes, len(indexes))

    def _written(self, table: str, key: str, before: Any, after: Any) -> None:
        task = self.scheduler.current
        act = task.owner if task else self._owner
        plain = [item and from_item(item) for item in (before, after)]
        self.log.add("users" if table == USERS else "keys", key, plain[0], plain[1], act)

    @property
    def settled(self) -> bool:
        """Whether no transaction is half made."""
        return self.database.settled

    def _check_settled(self) -> None:
        if self._checked < self.log.now and self.settled:
            self._checked = self.log.now
            self.broken += self._system_invariants()

    def _system_invariants(self) -> list[str]:
        return broken_invariants(self.log.items["users"], self.log.items["keys"])


class Faulty:
    """The transport: what a network, a service and a function's own end can do to one request.

    A request whose answer does not come has taken effect, or never will. A transaction may be being carried out still;
    then the database knows its token.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, timeout: float) -> None:
        """There is nothing to connect to."""

    def send(self, operation: str, body: bytes, timeout: float) -> Any:
        world = self._world
        if world._quiet or world.random.random() >= world.plan.faults:
            return world.database.send(operation, body)
        fault = world.random.choice(FAULTS if operation == "TransactWriteItems" else SINGLE_FAULTS)
        world.scheduler.trace.append(f"    {operation}: {fault}")
        return self._broken(fault, operation, body)

    def _broken(self, fault: str, operation: str, body: bytes) -> Any:
        world = self._world
        if fault in ("lost after", "500 after") or (fault == "crash" and world.random.random() < 0.5):
            world.database.send(operation, body)
        if fault == "left running":
            self._leave_running(operation, body)
        if fault == "crash":
            raise Crash
        if fault == "throttled":
            return 400, {}, b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
        if fault.startswith("500"):
            return 500, {}, b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}'
        world.scheduler.turn(fault)
        raise world._system.module("dynamodb.errors").NoResponse("reset", sent=True)

    def _leave_running(self, operation: str, body: bytes) -> None:
        """The database has taken the request up and goes on with it while the client looks away."""
        world = self._world
        task = world.scheduler.spawn("left running", lambda: _ignored(world.database.send(operation, body)))
        current = world.scheduler.current
        task.owner = current.owner if current else None
        task.start()


def _ignored(answer: Any) -> None:
    """Nobody hears it."""


def request(act: Act) -> tuple[str, dict[str, Any]]:
    """The operation and the event of a client's step."""
    step, path = act.step, f"/users/{act.target}"
    match = {"If-Match": act.match} if act.match else {}
    if step.kind in ("create", "replay"):
        key = {"Idempotency-Key": step.key} if step.key else {}
        return "create_user", event("POST", "/users", {"name": step.name, "email": step.email}, key)
    if step.kind == "get":
        return "get_user", event("GET", path)
    if step.kind == "delete":
        return "delete_user", event("DELETE", path, headers=match)
    return "update_user", event("PUT", path, changes(step), match)


def changes(step: Step) -> dict[str, Any]:
    """The body of a change."""
    if step.kind == "age":
        return {"age": 30}
    return {name: value for name, value in (("name", step.name), ("email", step.email)) if value}


def handlers(system: System, world: Any) -> dict[str, Any]:
    """The Lambda handlers, given a repository of the world's."""
    repository = system.module("users.repository").UserRepository
    cursors = system.module("users.cursors").Cursors
    secrets: dict[int, bytes] = {}

    def users(deadline: Any) -> Any:
        given = {"clock": world.clock, "new_id": world.new_id, "new_token": world.new_token, "pause": world.pause}
        return repository(world.call, USERS, KEYS, **given)

    def keys(deadline: Any) -> Any:
        return cursors(world.call, KEYS, clock=world.clock, known=secrets)

    endpoint = system.module("utils.http").endpoint
    made = {}
    for name in ("create_user", "get_user", "update_user", "delete_user"):
        made[name] = endpoint(getattr(system.module(f"handlers.{name}"), name), users=users)
    module = system.module("handlers.list_users")
    made["list_users"] = endpoint(module.list_users, parameters=module.PARAMETERS, users=users, cursors=keys)
    return made


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The functions' settings are there and their log lines are not written."""
    log = logging.getLogger("users_api")
    with mock.patch.dict(os.environ, CORS_ORIGIN="*"), mock.patch.object(log, "disabled", True):
        yield

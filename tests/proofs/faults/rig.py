"""The functions, wired to DynamoDB through the fault proxy, with two tables of their own."""

from __future__ import annotations

import contextlib
import logging
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from tests.proofs.faults.direct import Direct
from tests.proofs.faults.invariants import State, assert_answer, assert_discreet, assert_exact, state_of
from tests.proofs.faults.kinds import Fault
from tests.proofs.faults.proxy import FaultProxy
from tests.proofs.system import System
from tests.support.events import Context, event
from tests.support.tables import create_tables, delete_tables

OPERATIONS = {
    ("POST", False): "create_user",
    ("GET", False): "list_users",
    ("GET", True): "get_user",
    ("PUT", True): "update_user",
    ("PATCH", True): "update_user",
    ("DELETE", True): "delete_user",
}
OWN, BOTO3 = "own", "boto3"
ENGINES = (OWN, BOTO3)
PATIENCE = 0.2  # seconds
LONG_AGO = "2020-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class Reply:
    """One answer of a function; `seconds` is how long it took, `allowed` what it had."""

    status: int
    headers: dict[str, str]
    document: dict[str, Any]
    body: str
    seconds: float
    allowed: float


class Rig(contextlib.AbstractContextManager["Rig"]):
    """Runs requests through the real handlers; every call they make to DynamoDB passes `proxy`.

    Unless `hurried` is False, waits between attempts are short, and a request to DynamoDB that is going to hang is
    given up after `PATIENCE` and not after two seconds, so that the proof is fast.
    """

    def __init__(self, system: System, emulator: Any, engine: str = OWN, *, hurried: bool = True) -> None:
        self.system = system
        self.logged: list[str] = []
        self.hurried = hurried
        self.direct = Direct(emulator.endpoint)
        self.tables = create_tables(self.direct)
        self.proxy = FaultProxy(emulator.endpoint, drip=3 * PATIENCE)
        self._emulator = emulator
        self.engine = engine
        self._botocore: Any = None
        self._known: tuple[list[Any], list[Any]] | None = ([], [])  # what the tables hold, until it may have changed
        self._close = contextlib.ExitStack()

    def __enter__(self) -> Rig:
        self._close.callback(delete_tables, self.direct, self.tables)
        self._close.callback(self.proxy.close)
        self._close.enter_context(mock.patch.dict(os.environ, self._environment()))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
            os.environ.pop(name, None)
        self._close.enter_context(_captured(self.logged))
        self._close.callback(self._unwire)
        self.rewire()
        return self

    def __exit__(self, *_: object) -> None:
        self._close.close()

    def _environment(self) -> dict[str, str]:
        return {
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_DYNAMODB": self.proxy.endpoint,
            "DYNAMODB_CLIENT": "boto3" if self.engine == BOTO3 else "",
            "USERS_TABLE": self.tables.users,
            "USER_KEYS_TABLE": self.tables.keys,
            "CORS_ORIGIN": "*",
        }

    def rewire(self) -> None:
        """A fresh function: new connections, a full retry budget, no cursor secret in memory."""
        self._unwire()
        self.client = self.new_client(dict(os.environ))
        straight = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": self._emulator.endpoint}
        transport = self.system.module("dynamodb.transport").from_environment(straight)
        self._straight = self.system.module("dynamodb.client").Client(transport)
        self.system.module("wiring")._built["dynamodb"] = self.client

    @contextlib.contextmanager
    def elsewhere(self, endpoint: str) -> Iterator[None]:
        """For the time of the block a fresh function looks for DynamoDB somewhere else."""
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL_DYNAMODB": endpoint}):
            self._botocore = None
            self.rewire()
            yield
        self._botocore = None
        self.rewire()

    def _unwire(self) -> None:
        wiring = self.system.module("wiring")
        wiring._built.clear()
        wiring._cursor_secrets.clear()

    def new_client(self, environ: dict[str, str]) -> Any:
        """A client of the engine under proof, in a hurry."""
        module = self.system.module("dynamodb.client")
        if not self.hurried:
            return module.from_environment(environ)
        return module.Client(Hurried(self._transport(environ), self.proxy), random=lambda: 0.005)

    def _transport(self, environ: dict[str, str]) -> Any:
        """Fresh connections of our own engine; botocore is slow to start, and is started once."""
        if self.engine == OWN:
            return self.system.module("dynamodb.transport").from_environment(environ)
        if not self._botocore:
            self._botocore = self.system.module("dynamodb.botocore_transport").from_environment(environ)
        return self._botocore

    def send(
        self, method: str, path: str, body: Any = None, *, seconds: float = 10, function: Any = None, **more: Any
    ) -> Reply:
        """One request, answered by its function, which has `seconds`; the answer has been checked against the
        contract, its deadline and the logs.
        """
        function = function or self.system.handler(OPERATIONS[method, path != "/users"])
        self._known = None
        sent = event(method, path, body, **more)
        start = time.monotonic()
        answer = function(sent, Context(seconds))
        taken = time.monotonic() - start
        assert taken < seconds, f"answered after {taken:.2f} s of {seconds} s"
        status, headers, text = answer["statusCode"], answer["headers"], answer["body"]
        assert status != 500, f"a bare 500: {self.logged[-1:]}"
        document = assert_answer(status, headers, text) if text else {}
        assert_discreet(self.logged)
        return Reply(status, headers, document, text, taken, seconds)

    def faulted(self, faults: tuple[Fault, ...], *request: Any, storm: Any = None, **more: Any) -> Reply:
        """One request while faults are injected."""
        self.proxy.arm(*faults, storm=storm)
        try:
            return self.send(*request, **more)
        finally:
            self.proxy.disarm()
            assert not self.proxy.broken, self.proxy.broken

    @property
    def injected(self) -> int:
        """How many faults the last of those requests met."""
        return sum(1 for seen in self.proxy.seen if seen.fault)

    def undisturbed(self, *request: Any, **more: Any) -> Reply:
        """One request of another client, straight to DynamoDB, whatever is armed."""
        wiring = self.system.module("wiring")
        wiring._built["dynamodb"] = self._straight
        try:
            return self.send(*request, **more)
        finally:
            wiring._built["dynamodb"] = self.client

    def state(self) -> State:
        """Both tables as they are; they have been checked."""
        self._known = (self.direct.items(self.tables.users), self.direct.items(self.tables.keys))
        state = state_of(*self._known)
        assert_exact(state)
        return state

    def populate(self, *users: dict[str, Any], version: int = 1) -> list[dict[str, Any]]:
        """Let these users be there since long ago; as clients see them."""
        made = [{"userId": str(uuid.uuid4()), **user, "createdAt": LONG_AGO, "updatedAt": LONG_AGO} for user in users]
        claims = [{"key": f"email#{user['email'].lower()}", "userId": user["userId"]} for user in made]
        stored = [{**user, "version": version, "lastWrite": "long ago"} for user in made]
        self._known = None
        self.direct.put({self.tables.users: stored, self.tables.keys: claims})
        return made

    def expire(self, key: str) -> None:
        """Let the time of one record in the table of keys be over, without anybody having swept it."""
        self.direct.set(self.tables.keys, {"key": {"S": key}}, "expiresAt", {"N": str(int(time.time()))})

    def backdate(self, user_id: str) -> None:
        """Let a user have been written long ago."""
        self.direct.set(self.tables.users, {"userId": {"S": user_id}}, "updatedAt", {"S": LONG_AGO})

    def wipe(self) -> None:
        """Empty both tables."""
        self.logged.clear()
        users, keys = self._known or (self.direct.items(self.tables.users), self.direct.items(self.tables.keys))
        self.direct.delete(self.tables.users, "userId", [item["userId"] for item in users])
        self.direct.delete(self.tables.keys, "key", [item["key"] for item in keys])
        self._known = ([], [])


class Hurried:
    """A transport that does not wait long for an answer that the proxy keeps back."""

    def __init__(self, transport: Any, proxy: FaultProxy) -> None:
        self._transport = transport
        self._proxy = proxy

    def open(self, timeout: float) -> None:
        self._transport.open(timeout)

    def send(self, operation: str, body: bytes, timeout: float) -> Any:
        patience = PATIENCE if self._proxy.stalls(operation) else timeout
        return self._transport.send(operation, body, min(timeout, patience))


@contextlib.contextmanager
def _captured(lines: list[str]) -> Any:
    """All that is logged from INFO on, with everything that hangs on a record, as text."""

    class Capture(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            lines.append(f"{record.getMessage()} {record.__dict__} {trace}")

    root, capture = logging.getLogger(), Capture(logging.INFO)
    level = root.level
    root.addHandler(capture)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(capture)
        root.setLevel(level)

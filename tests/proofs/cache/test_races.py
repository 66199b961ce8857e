"""Threads read and write users through a real cache and the emulated DynamoDB, also while the cache fails."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cache.leases import Leases
from cache.resp import Server
from dynamodb.cached import Cached, Invalidating, key_of
from dynamodb.client import from_environment
from dynamodb.connection import Connector
from tests.proofs.figures import figures
from tests.support.emulator import Emulator
from tests.support.tables import Tables, create_tables, delete_tables
from tests.support.valkey import Valkey
from users.model import Changes
from users.reading import UserReader
from users.repository import UserRepository
from users.user import user_key
from utils.deadline import Deadline
from utils.preconditions import Precondition

USERS, READERS, WRITERS = 6, 4, 2
PAUSE = 0.01  # seconds between two writes of one thread


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    logging.disable(logging.WARNING)
    with Valkey() as server:
        yield server
    logging.disable(logging.NOTSET)


@pytest.fixture
def tables(emulator: Emulator) -> Iterator[Tables]:
    made = create_tables(emulator.client("dynamodb"))
    yield made
    delete_tables(emulator.client("dynamodb"), made)


class Service:
    """Functions over one pair of tables and one cache, each with connections of its own."""

    def __init__(self, emulator: Emulator, tables: Tables, valkey: Valkey, seconds: int) -> None:
        self.tables, self.valkey, self.seconds = tables, valkey, seconds
        self._environ = {
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        users = self._repository(from_environment(self._environ))
        self.ids = [self._created(users, number) for number in range(USERS)]
        self.acknowledged = dict.fromkeys(self.ids, 1)
        self.stale: list[str] = []
        self.failed: list[BaseException] = []
        self.reads = self.hits = self.writes = 0
        self._lock = threading.Lock()

    def run(self, reads: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """So many reads, with writers beside them until the last."""
        done = threading.Event()
        readers = [
            threading.Thread(target=self._guarded, args=(self._reader, reads // READERS)) for _ in range(READERS)
        ]
        writers = [threading.Thread(target=self._guarded, args=(self._writer, done, it)) for it in range(WRITERS)]
        for thread in (*writers, *readers):
            thread.start()
        meanwhile()
        for thread in readers:
            thread.join()
        done.set()
        for thread in writers:
            thread.join()
        assert not self.failed, self.failed

    def _guarded(self, work: Callable[..., None], *given: Any) -> None:
        try:
            work(*given)
        except BaseException as error:  # a thread's failure is the test's
            self.failed.append(error)

    def _reader(self, reads: int) -> None:
        users = self.reader()
        hits, stale = 0, []
        for number in range(reads):
            user_id = self.ids[number % USERS]
            at_least, asked = self.acknowledged[user_id], users.asked
            version = users.get(user_id).version
            hits += users.asked == asked
            if version < at_least:
                stale.append(f"{version} after {at_least}")
        with self._lock:
            self.reads, self.hits, self.stale = self.reads + reads, self.hits + hits, self.stale + stale

    def _writer(self, done: threading.Event, number: int) -> None:
        users = self._repository(Invalidating(from_environment(self._environ), self._leases(), self.tables.users))
        while not done.wait(PAUSE):
            for user_id in self.ids[number::WRITERS]:
                change = {"name": "Bob"} if self.writes % 3 else {"email": f"{uuid.uuid4().hex}@example.com"}
                version = users.update(user_id, Changes(change), Precondition()).version
                self.acknowledged[user_id] = version
                with self._lock:
                    self.writes += 1

    def reader(self) -> Any:
        """What reads as the function of GET does. `asked` counts what it asks the database."""
        client = from_environment(self._environ)
        cached = Cached(client, self._leases(), self.tables.users)
        deadline, call = Deadline(1e9), client.call
        users: Any = UserReader(lambda operation, request: cached.call(operation, request, deadline), self.tables.users)
        users.asked = 0

        def counted(operation: str, request: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
            users.asked += 1
            return call(operation, request, deadline)

        client.call = counted  # type: ignore[method-assign]
        return users

    def _leases(self) -> Leases:
        return Leases(Server(Connector("localhost", self.valkey.port, tls=False).open_socket), self.seconds)

    def _repository(self, client: Any) -> UserRepository:
        deadline = Deadline(1e9)
        return UserRepository(
            lambda operation, request: client.call(operation, request, deadline),
            self.tables.users,
            self.tables.keys,
            clock=time.time,
            new_id=lambda: str(uuid.uuid4()),
            new_token=lambda: uuid.uuid4().hex[:24],
            pause=lambda attempt: time.sleep(0.01),
        )

    @staticmethod
    def _created(users: UserRepository, number: int) -> str:
        kept: list[Any] = []
        users.create({"name": "Ann", "email": f"{number}@example.com"}, kept.append)  # type: ignore[arg-type]
        return str(kept[-1]["userId"])


@pytest.mark.parametrize("reads", [2000, pytest.param(100_000, marks=pytest.mark.deep)])
def test_no_read_is_stale(emulator, tables, valkey, reads):
    service = Service(emulator, tables, valkey, seconds=60)
    service.run(reads)
    assert service.stale == []
    assert service.hits > reads / 10  # or it says nothing
    assert service.writes > USERS
    figures("reads with a cache", service.reads)


def slow(service: Service) -> None:
    service.valkey.say("CLIENT", "PAUSE", "300", "ALL")


def full(service: Service) -> None:
    service.valkey.say("CONFIG", "SET", "maxmemory", "1")


def wrong(service: Service) -> None:
    """Every key has something else, of another kind or of another user."""
    for number, user_id in enumerate(service.ids):
        key = key_of(service.tables.users, user_key(user_id))
        other = service.ids[number - 1]
        service.valkey.say("DEL", key)
        if number % 3 == 0:
            service.valkey.say("LPUSH", key, "x")
        else:
            of_other = json.dumps({"userId": {"S": other}})
            service.valkey.say("SET", key, f"value:{of_other if number % 3 == 1 else '{'}")


def emptied(service: Service) -> None:
    service.valkey.say("FLUSHALL")


def gone(service: Service) -> None:
    service.valkey.process.kill()


RARELY = [pytest.param(it, marks=pytest.mark.slow) for it in (full, wrong, emptied)]


@pytest.mark.parametrize("happens", [slow, gone, *RARELY], ids=lambda it: it.__name__)
def test_what_happens_to_the_cache_fails_no_request_and_passes(emulator, tables, valkey, happens):
    """A value that a write could not remove is gone when its time is over."""
    service = Service(emulator, tables, valkey, seconds=1)
    service.run(600, lambda: happens(service))
    time.sleep(1.1)
    users = service.reader()
    assert [users.get(user_id).version for user_id in service.ids] == list(service.acknowledged.values())

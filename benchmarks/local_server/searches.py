"""Searches of `make run`: the same ones with few and with many users, and the time until a change is found.

Both servers run at once and are asked in turn, so that other work on the machine meets both alike.
"""

from __future__ import annotations

import datetime
import http.client
import json
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.capacity import population
from benchmarks.ground.figures import summary
from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.servers import on_folder
from benchmarks.stage import machine
from benchmarks.stage.database import client_of
from dynamodb.client import Client
from local.aws.folder import last_port
from utils.deadline import Deadline

SIZES = (1_000, 50_000)
PAGE = 50
KINDS = {
    "by a word": "q=maria",
    "in the order of names": "sort=name",
    "newest first": "sort=-createdAt",
    "without search": "",
}
ROUNDS, WARM_UP = 200, 20
CHANGES, WARM_UP_CHANGES = 200, 10
LOOK_EVERY = 0.002
PATIENCE, PATIENCE_AT_FIRST = 30.0, 300.0
NO_STREAM = {"StreamEnabled": False}
QUIET = "ThrottleRate=10000 ThrottleBurst=5000 Events=false"
SEARCHING = (
    "ThrottleRate=10000 ThrottleBurst=5000 Search=true "
    "MailSender= MailIdentityArn= MailOperators= Webhooks=false Pictures=false LiveUpdates=false Bulk=false"
)


class Asker:
    """Asks a server over one connection that stays open."""

    def __init__(self, url: str) -> None:
        self._base = urlsplit(url).path
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The body of a good response. Raises BenchmarkError for another."""
        data = json.dumps(body).encode() if body else None
        self._connection.request(method, f"{self._base}{path}", data, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        text = response.read()
        if response.status not in (http.client.OK, http.client.CREATED):
            raise BenchmarkError(f"{method} {path} has the status {response.status}: {text[:200]!r}")
        found: dict[str, Any] = json.loads(text)
        return found


def run(load: float, sizes: tuple[int, ...] = SIZES, rounds: int = ROUNDS, changes: int = CHANGES) -> dict[str, Any]:
    """All figures. `load`: what was on the machine before."""
    with ExitStack() as stack:
        askers = {str(size): Asker(stack.enter_context(server(size))) for size in sizes}
        first = {size: first_of_each(asker) for size, asker in askers.items()}
        pages = paged(askers, rounds)
        found = {size: summary(changes_found(asker, changes)) for size, asker in askers.items()}
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(running(), load),
        "page": PAGE,
        "rounds": rounds,
        "first_s": first,
        "pages_ms": pages,
        "found_ms": found,
    }


@contextmanager
def server(size: int) -> Iterator[str]:
    """`make run` with so many users in its index; its URL.

    The users come while their table has no stream: its records would wait until events are on, and the index would
    follow them one by one while pages are timed. The start with the search turns the stream on.
    """
    with tempfile.TemporaryDirectory(prefix="users-api-searches-") as data:
        for _ in on_folder(data, more={"PARAMETERS": QUIET}):
            client, names = database_of(data)
            client.call("UpdateTable", {"TableName": "Users", "StreamSpecification": NO_STREAM}, Deadline(20))
            population.fill_users(client, size, claims=named(names, "UserKeys"))
        for url, _ in on_folder(data, more={"PARAMETERS": SEARCHING}):
            client, names = database_of(data)
            population.fill_index(client, size, named(names, "UserSearch"))
            yield url


def database_of(data: str) -> tuple[Client, list[str]]:
    """The emulated AWS that runs on a folder, and the names of its tables."""
    client = client_of(f"http://127.0.0.1:{last_port(Path(data))}")
    return client, client.call("ListTables", {}, Deadline(20))["TableNames"]


def named(names: list[str], part: str) -> str:
    """The name of a table that the stack has named."""
    return next(name for name in names if part in name)


def first_of_each(asker: Asker) -> float:
    """Seconds of the first search of each kind: the emulated AWS sorts what a search reads when it is read first.

    A function gives up while that takes longer than its time, so the search is sent until it has a good response.
    """
    began = time.perf_counter()
    for query in KINDS.values():
        while True:
            try:
                asker.ask("GET", page_of(query))
                break
            except BenchmarkError:
                if time.perf_counter() - began > PATIENCE_AT_FIRST:
                    raise
    return round(time.perf_counter() - began, 2)


def page_of(query: str) -> str:
    """The path of a page."""
    return f"/users?limit={PAGE}&{query}".rstrip("&")


def paged(askers: dict[str, Asker], rounds: int) -> dict[str, dict[str, dict[str, float]]]:
    """Milliseconds of a page, for each kind and size."""
    times: dict[str, dict[str, list[float]]] = {kind: {size: [] for size in askers} for kind in KINDS}
    for number in range(WARM_UP + rounds):
        for kind, query in KINDS.items():
            for size, asker in askers.items():
                began = time.perf_counter()
                page = asker.ask("GET", page_of(query))
                if number >= WARM_UP:
                    times[kind][size].append((time.perf_counter() - began) * 1e3)
                if page["count"] != PAGE:
                    raise BenchmarkError(f"a page {kind} of {size} users has {page['count']}")
    return {kind: {size: summary(values) for size, values in of_kind.items()} for kind, of_kind in times.items()}


def changes_found(asker: Asker, changes: int) -> list[float]:
    """Milliseconds from the response to a create until a search finds the user, one after the other."""
    return [found_after(asker) for _ in range(WARM_UP_CHANGES + changes)][WARM_UP_CHANGES:]


def found_after(asker: Asker) -> float:
    """The same for one user, whose name has a word of its own."""
    word = f"w{uuid.uuid4().hex[:12]}"
    asker.ask("POST", "/users", {"name": f"Ada {word}", "email": f"{word}@example.org"})
    answered = time.perf_counter()
    while asker.ask("GET", f"/users?q={word}&limit=1")["count"] == 0:
        if time.perf_counter() - answered > PATIENCE:
            raise BenchmarkError("a user is not found")
        time.sleep(LOOK_EVERY)
    return (time.perf_counter() - answered) * 1e3

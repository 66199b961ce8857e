"""Requests that nobody would write, by the thousand: each gets an answer of the contract, and never a 5xx."""

from __future__ import annotations

import json
import logging
import os
import random
import string
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from handlers.create_user import create_user
from handlers.delete_user import delete_user
from handlers.get_user import get_user
from handlers.list_users import PARAMETERS, list_users
from handlers.update_user import update_user
from tests.contract.conftest import Store
from tests.proofs.figures import figures
from tests.support.events import Context, event
from tests.support.problems import assert_error
from tests.unit.users.memory_store import memory_store
from users.email_address import canonical
from utils.http import endpoint

# What must never be seen outside: words from the code, the database and the tables.
INNER = ["Traceback", "File ", "src/", "UserKeys", "arn:", "Exception", "ConditionExpression", "lastWrite", "botocore"]
MARK = "zqx"  # in every value that a request sends and a log must not have

ODD = [
    "", " ", "\x00", "\t", "\n", "\x7f", "\x85", "\xa0", "é", "e\u0301", "\u200b", "\u202e", "\ufeff", "\ud800",
    "\udfff", "\U0001f600", "ß", "İ", "١", "'", '"', "\\", "/", "~", "%", "<", "{", "$", "#", "*", ";", "\r\n", "null",
]  # fmt: skip
NAMES = ["name", "email", "age", "userId", "createdAt", "updatedAt", "Name", "nickname", "__proto__", "", "a/b~"]
HEADERS = [*["If-Match", "If-None-Match", "Idempotency-Key"] * 2, "Content-Type", "Content-Encoding", "X-Odd"]
HEADER_VALUES = [
    '"1"', '"2"', "*", 'W/"1"', '"x"', '"', "", ",", "k1", "k2", "a b", "é", "x" * 300, "application/json",
    "text/plain", "application/merge-patch+json", "application/json; charset=utf-16", "gzip", "identity", '"1",' * 60,
]  # fmt: skip
QUERIES = [
    "",
    "limit=1",
    "limit=0",
    "limit=1000",
    "limit=1&limit=2",
    "lastKey=x",
    "lastKey=%22%22",
    "q=1",
    "limit=%D9%A1",
]


class Fuzzer:
    """Makes requests from a seed, sends them to the handlers and checks every answer."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.store: Store = memory_store()
        self.ids = ["00000000-0000-4000-8000-000000000000", "x", "../x", "x" * 300]
        self.keys: list[str] = []
        self.seen: Counter[int] = Counter()
        users = lambda deadline: self.store.users  # noqa: E731
        pages = lambda deadline: self.store.cursors()  # noqa: E731
        self.handlers: dict[str, Callable[[Any, Any], dict[str, Any]]] = {
            "POST": endpoint(create_user, users=users),
            "GET": endpoint(get_user, users=users),
            "LIST": endpoint(list_users, parameters=PARAMETERS, users=users, cursors=pages),
            "PUT": endpoint(update_user, users=users),
            "PATCH": endpoint(update_user, users=users),
            "DELETE": endpoint(delete_user, users=users),
        }

    def run(self, number: int) -> None:
        """Send so many requests."""
        for _ in range(number):
            route = self.chance.choice(list(self.handlers))
            sent = self._request(route)
            self._check(route, self.handlers[route](sent, Context()))

    def _request(self, route: str) -> dict[str, Any]:
        path = "/users" if route in ("POST", "LIST") else f"/users/{self.chance.choice(self.ids[-20:] + self.ids[:4])}"
        method = "GET" if route == "LIST" else route
        sent = event(method, path, self._body(), self._headers(), self._query(route))
        if self.chance.random() < 0.05:
            sent[self.chance.choice([name for name in sent if name != "pathParameters"])] = None
        if self.chance.random() < 0.02:
            sent["body"], sent["isBase64Encoded"] = self.chance.choice(ODD), self.chance.random() < 0.5
        return sent

    def _text(self) -> str:
        parts = [self.chance.choice([*ODD, *string.ascii_letters, MARK]) for _ in range(self.chance.randrange(6))]
        return "".join(parts) * self.chance.choice([1, 1, 1, 30])

    def _value(self, depth: int = 0) -> Any:
        kind = self.chance.randrange(9 if depth < 3 else 7)
        if kind == 7:
            return [self._value(depth + 1) for _ in range(self.chance.randrange(3))]
        if kind == 8:
            return {self._text(): self._value(depth + 1) for _ in range(self.chance.randrange(3))}
        numbers = [0, 1, -1, 150, 151, 10**40, 1.5, 30.0, 1e300]
        return [self._text(), self._text(), self.chance.choice(numbers), None, True, False, self._good()["email"]][kind]

    def _good(self) -> dict[str, Any]:
        return {
            "name": MARK + self.chance.choice(string.ascii_letters),
            "email": f"{MARK}{self.chance.randrange(200)}@{self.chance.choice(['x.co', 'X.co', 'münchen.de'])}",
            "age": self.chance.choice([1, 30, 150, None]),
        }

    def _body(self) -> Any:
        document: Any = self._good()
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            document[self.chance.choice(NAMES)] = self._value()
        if self.chance.random() < 0.2:
            document.pop(self.chance.choice(list(document)))
        if self.chance.random() < 0.05:
            document = self._value()
        raw = json.dumps(document, ensure_ascii=self.chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return self._damaged(raw)

    def _damaged(self, raw: bytes) -> bytes | None:
        if self.chance.random() < 0.8:
            return raw
        at = self.chance.randrange(len(raw) + 1)
        return self.chance.choice(
            [
                raw[:at],
                raw[:at] + os.urandom(1) + raw[at:],
                raw + raw,
                raw[:at] + b"[" * 40 + raw[at:],
                raw.replace(b"1", b"9" * 5000),
                raw.decode("utf-8", "replace").encode("utf-16"),
                b" " * 17_000 + raw,
                None,
            ]
        )

    def _headers(self) -> dict[str, str]:
        some = self.chance.sample(HEADERS, self.chance.choice([0, 0, 1, 2]))
        tags = '"1"', '"2"', "*", 'W/"1"'
        fitting = {"If-Match": tags, "If-None-Match": tags, "Idempotency-Key": ("k1", "k2"), "X-Odd": ("x",)}
        odd = self.chance.random() < 0.3
        return {name: self.chance.choice(HEADER_VALUES if odd else fitting.get(name, ("",))) for name in some}

    def _query(self, route: str) -> str:
        if route != "LIST":
            return self.chance.choice([""] * 99 + QUERIES)
        if self.keys and self.chance.random() < 0.4:
            key = list(self.chance.choice(self.keys[-5:]))
            if self.chance.random() < 0.5:
                key[self.chance.randrange(len(key))] = self.chance.choice("Ab_-+= %00")
            return f"limit={self.chance.choice([1, 2, 50])}&lastKey={''.join(key)}"
        return self.chance.choice(QUERIES)

    def _check(self, route: str, answer: dict[str, Any]) -> None:
        status, body = answer["statusCode"], answer["body"]
        self.seen[status] += 1
        assert status < 500, (route, answer)
        for text in (body, *answer["headers"].values()):
            text.encode()
            assert not any(word in text for word in INNER), (route, text)
        document = json.loads(body) if body else {}
        if status >= 400:
            assert_error(status, answer["headers"], body, status, document["code"])
        elif status == 201:
            self.ids.append(document["userId"])
        self.keys += [document["lastKey"]] if "lastKey" in document else []

    def check_what_is_left(self) -> None:
        """Every user keeps its rules and holds its email, and every email that is held is some user's."""
        users = self.store.items(self.store.tables.users)
        assert self.store.claims() == {canonical(user["email"]): user["userId"] for user in users}
        assert all(1 <= len(user["name"]) <= 100 for user in users)
        assert all(1 <= user.get("age", 1) <= 150 for user in users)


def fuzz(seed: int, number: int, caplog: pytest.LogCaptureFixture) -> Counter[int]:
    """Run so many requests from a seed; how often each status came."""
    fuzzer = Fuzzer(seed)
    with caplog.at_level(logging.DEBUG):
        fuzzer.run(number)
    fuzzer.check_what_is_left()
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert MARK not in logged
    figures("fuzzed requests", number, server_errors=0, statuses=len(fuzzer.seen))
    return fuzzer.seen


def test_requests_nobody_would_write(caplog, monkeypatch):
    monkeypatch.setenv("CORS_ORIGIN", "*")
    seen = fuzz(20261122, 4000, caplog)
    assert {200, 201, 304, 400, 404, 409, 412, 413, 415, 422} <= set(seen), seen


@pytest.mark.deep
def test_requests_nobody_would_write_at_length(caplog, monkeypatch):
    monkeypatch.setenv("CORS_ORIGIN", "*")
    for seed in range(10):
        fuzz(seed, 12_000, caplog)

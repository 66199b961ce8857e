"""Many clients of the API over HTTP, and a look at the tables behind it."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from dynamodb.values import from_item, to_item
from tests.proofs.concurrency.system_invariants import broken_invariants

SECONDS = 30.0  # more than any request may take
BATCH = 25


@dataclass(frozen=True)
class Answer:
    """One answer; `status` 0 where none came."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        return self.headers.get("etag", "")

    @property
    def code(self) -> str:
        return str(self.document.get("code", ""))


class Api:
    """The API at a URL. Each thread has a connection of its own."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._kept = threading.local()

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request, sent once."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        connection = self._connection()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return Answer(0)
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, json.loads(text) if text else {})

    def send(self, method: str, path: str, body: Any, headers: dict[str, str], abandon: bool) -> Answer:
        """One request; with `abandon` the client goes away before it can have an answer."""
        if not abandon:
            return self.request(method, path, body, headers)
        connection = http.client.HTTPConnection(str(self._address.hostname), self._address.port, timeout=SECONDS)
        sent = {"Content-Type": "application/json", **headers}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        connection.close()
        return Answer(0)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._kept, "connection"):
            self._kept.connection = http.client.HTTPConnection(
                str(self._address.hostname), self._address.port, timeout=SECONDS
            )
        return self._kept.connection  # type: ignore[no-any-return]

    def connect(self) -> None:
        """Have this thread's connection open, so that its next request is on its way at once."""
        self.request("GET", "/users?limit=1")

    def create(self, email: str, name: str = "Ann", key: str = "") -> Answer:
        return self.request("POST", "/users", {"name": name, "email": email}, {"Idempotency-Key": key} if key else None)

    def get(self, user_id: str) -> Answer:
        return self.request("GET", f"/users/{user_id}")

    def put(self, user_id: str, changes: dict[str, Any], match: str = "") -> Answer:
        return self.request("PUT", f"/users/{user_id}", changes, {"If-Match": match} if match else None)

    def delete(self, user_id: str, match: str = "") -> Answer:
        return self.request("DELETE", f"/users/{user_id}", headers={"If-Match": match} if match else None)

    def walk(self, limit: int) -> list[dict[str, Any]]:
        """Every user of every page, in the order they came."""
        found: list[dict[str, Any]] = []
        path = f"/users?limit={limit}"
        while path:
            page = self.request("GET", path)
            assert page.status == 200, page
            found += page.document["users"]
            path = f"/users?limit={limit}&lastKey={page.document['lastKey']}" if page.document["hasMore"] else ""
        return found


class Crowd:
    """Threads that do things at the same moment."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pool = ThreadPoolExecutor(size)

    def connected(self, api: Api) -> Crowd:
        """This crowd, every thread of it with an open connection."""
        self.together([api.connect] * self._size)
        return self

    def together(self, actions: Sequence[Callable[[], Any]]) -> list[Any]:
        """Start all actions at once; what each came to, in order."""
        barrier = threading.Barrier(len(actions))

        def start(action: Callable[[], Any]) -> Any:
            barrier.wait(SECONDS)
            return action()

        return list(self._pool.map(start, actions))

    def close(self) -> None:
        self._pool.shutdown()


class Tables:
    """The two tables behind the API, read and filled without it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._forgiven: set[str] = set()
        names = client.list_tables()["TableNames"]
        self._users = next(name for name in names if name == "Users")
        self._keys = next(name for name in names if "UserKeys" in name)

    def users(self) -> dict[str, dict[str, Any]]:
        return {item["userId"]: item for item in self._items(self._users)}

    def claims_and_records(self) -> dict[str, dict[str, Any]]:
        return {item["key"]: item for item in self._items(self._keys)}

    def _items(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            page = self._client.scan(TableName=table, ConsistentRead=True, **more)
            found += map(from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def forgive(self) -> None:
        """What is wrong with them now is not the next test's fault."""
        self._forgiven = set(self._broken())

    def assert_exact(self) -> None:
        """One owner per email, no orphan claim, no ghost."""
        assert set(self._broken()) - self._forgiven == set()

    def _broken(self) -> list[str]:
        return broken_invariants(self.users(), self.claims_and_records())

    def fill(self, number: int, domain: str) -> list[str]:
        """So many whole users with their claims, written directly; their ids."""
        ids = [f"{index:08x}-0000-4000-8000-{hash(domain) & 0xFFFFFFFFFFFF:012x}" for index in range(number)]
        when = "2026-01-01T00:00:00.000Z"
        users, claims = [], []
        for index, user_id in enumerate(ids):
            email = f"u{index}@{domain}"
            user = {"userId": user_id, "name": "Filler", "email": email, "createdAt": when, "updatedAt": when}
            users.append({**user, "version": 1, "lastWrite": "filled"})
            claims.append({"key": f"email#{email}", "userId": user_id})
        self._put(self._users, users)
        self._put(self._keys, claims)
        return ids

    def drop(self, ids: Sequence[str], domain: str) -> None:
        """Remove users that `fill` wrote, and their claims."""
        keys = [f"email#u{index}@{domain}" for index in range(len(ids))]
        for table, name, values in ((self._users, "userId", ids), (self._keys, "key", keys)):
            for start in range(0, len(values), BATCH):
                doomed = [{"DeleteRequest": {"Key": to_item({name: value})}} for value in values[start : start + BATCH]]
                self._client.batch_write_item(RequestItems={table: doomed})

    def _put(self, table: str, items: list[dict[str, Any]]) -> None:
        for start in range(0, len(items), BATCH):
            puts = [{"PutRequest": {"Item": to_item(item)}} for item in items[start : start + BATCH]]
            self._client.batch_write_item(RequestItems={table: puts})


def tally(answers: Sequence[Answer]) -> Counter[str]:
    """How often each status and code came."""
    return Counter(f"{answer.status} {answer.code}".strip() for answer in answers)

"""The handlers of a stack with sign-in, over a database in memory that has the records of some people."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from tests.proofs.system import ROOT, System
from tests.support.events import Context, event
from tests.support.memory_dynamodb import MemoryDynamoDB

Document = dict[str, Any]
MINE, OTHERS, DISABLED, ABSENT = (f"{number:08x}-0000-4000-8000-000000000000" for number in (1, 2, 3, 9))
ME, OTHER, SWITCHED_OFF, GONE = "me", "another", "switched-off", "gone"
TABLES = {"users": "userId", "keys": "key", "live": "key", "bulk": "job"}
SETTINGS = {
    "USERS_TABLE": "users",
    "USER_KEYS_TABLE": "keys",
    "LIVE_TABLE": "live",
    "BULK_TABLE": "bulk",
    "LIVE_URL": "wss://example.com",
    "CORS_ORIGIN": "*",
    "SIGN_IN": "true",
    "IMPORT_MEGABYTES": "1",
    "EXPORT_MACHINE": "absent",
    "EXPORT_FILES": "1",
    **dict.fromkeys(
        (
            *("WEBHOOKS_TABLE", "WEBHOOK_DELIVERIES_TABLE", "AUDIT_TABLE", "MAIL_TABLE"),
            *("PICTURES_TABLE", "PICTURES_BUCKET", "WEBHOOKS_TO_LOCALHOST", "BULK_BUCKET"),
            *("ERASURES_TABLE", "USER_POOL", "SEARCH_TABLE"),
        ),
        "absent",
    ),
    **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "us-east-1"),
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
GUARDED = re.compile(r"\b(?:guarded|permitted)\((\w+), \"?(\w+)\"?\)")
ROUTE = re.compile(r'"""(?P<method>[A-Z]+)(?: and [A-Z]+)? (?P<path>\S+?),? ')


def handlers() -> dict[str, str]:
    """The modules of the handlers that have a rule, and the rule of each."""
    found = {}
    for path in sorted((ROOT / "src").glob("*/*.py")):
        rule = GUARDED.search(path.read_text())
        if rule:
            found[f"{path.parent.name}.{path.stem}"] = rule[2]
    return found


class Stage:
    """`before(operation, request)` is called with each call to the database; `calls` collects them."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.database = MemoryDynamoDB()
        for name, key in TABLES.items():
            self.database.create_table(name, key)
        self.calls: list[tuple[str, str]] = []
        self.before: Callable[[str, Document], None] = lambda *_: None
        for subject, user_id, status in ((ME, MINE, ""), (OTHER, OTHERS, ""), (SWITCHED_OFF, DISABLED, "disabled")):
            self._add(subject, user_id, status)
        self.put("keys", {"key": {"S": f"subject#{GONE}"}, "status": {"S": "deleted"}})

    def send(self, operation: str, body: bytes, timeout: float = 0) -> Any:
        """The transport of the client: the database, with its calls counted."""
        request = json.loads(body)
        self.calls.append((operation, request.get("TableName", "")))
        self.before(operation, request)
        return self.database.send(operation, body, timeout)

    def open(self, timeout: float) -> None:
        """There is nothing to connect to."""

    def call(
        self,
        handler: str,
        claims: Document | None,
        user_id: str = "",
        body: Any = None,
        method: str = "",
        **headers: str,
    ) -> tuple[int, Document]:
        """Status and document of one request to a handler, with or without a user in its path."""
        module = self.system.module(handler)
        route = ROUTE.match('"""' + (module.__doc__ or ""))
        assert route, handler
        path = route["path"].replace("{userId}", user_id)
        named = {"userId": user_id} if user_id else {}
        sent = {**event(method or route["method"], path, body, headers), "pathParameters": {**UNKNOWN, **named}}
        sent["requestContext"] = {**sent["requestContext"], "authorizer": {"claims": claims} if claims else {}}
        self.calls.clear()
        answer = module.lambda_handler(sent, Context())
        return answer["statusCode"], json.loads(answer["body"] or "{}")

    def record(self, user_id: str) -> Document:
        """The item of a user."""
        return self.item("users", "userId", user_id)

    def item(self, table: str, key: str, value: str) -> Document:
        """One item; an empty one if it is not there."""
        found = self.database.handle(
            "GetItem", {"TableName": table, "Key": {key: {"S": value}}, "ConsistentRead": True}
        )
        return dict(found.get("Item") or {})

    def items(self, table: str) -> list[Document]:
        """All items of a table."""
        return list(self.database.handle("Scan", {"TableName": table, "ConsistentRead": True})["Items"])

    def give_to(self, subject: str, user_id: str, version: int) -> None:
        """Make a record another person's, at a version."""
        self.put("users", {**self.record(user_id), "subject": {"S": subject}, "version": {"N": str(version)}})

    def _add(self, subject: str, user_id: str, status: str) -> None:
        marked = {"status": {"S": status}} if status else {}
        email = f"{subject}@example.com"
        user = {
            "userId": user_id,
            "name": "A",
            "email": email,
            "createdAt": WHEN,
            "updatedAt": WHEN,
            "subject": subject,
        }
        self.put("users", {**{name: {"S": value} for name, value in user.items()}, "version": {"N": "1"}, **marked})
        self.put("keys", {"key": {"S": f"email#{email}"}, "userId": {"S": user_id}})
        self.put("keys", {"key": {"S": f"subject#{subject}"}, "userId": {"S": user_id}, **marked})

    def put(self, table: str, item: Document) -> None:
        """Write an item, whatever is there."""
        self.database.handle("PutItem", {"TableName": table, "Item": item})


WHEN = "2026-01-01T00:00:00.000Z"
UNKNOWN = {**dict.fromkeys(("webhookId", "deliveryId", "importId", "exportId"), ABSENT), "token": "none"}


@contextlib.contextmanager
def staged(system: System, **settings: str) -> Iterator[Stage]:
    """A stage on which the handlers of `system` find their database."""
    variables = {name: value for name, value in {**SETTINGS, **settings}.items() if value}
    with mock.patch.dict(os.environ, variables, clear=True):
        stage, wiring = Stage(system), system.module("wiring")
        kept = dict(wiring._built)
        wiring._built["dynamodb"] = system.module("dynamodb.client").Client(stage)
        try:
            yield stage
        finally:
            wiring._built.clear()
            wiring._built.update(kept)
            wiring._cursor_secrets.clear()


def source_of(handler: str) -> Path:
    """The file of a handler, under src/."""
    return Path(f"{handler.replace('.', '/')}.py")

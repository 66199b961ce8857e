"""The entrance of the emulated AWS: a response leaves only after the changes that it shows are on the disk.

That is true for reads and errors too: otherwise a crash could undo data that a client has seen.

DynamoDB requests take a short way to ministack's handler, past the routes of the other services. That is half the
work, and the first request does not load S3 and botocore (0.4 s, 20 MB). With IAM enforced they take the long way.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from typing import Any

from local.aws.emulator.internals import App
from local.aws.store import Store
from local.journal.log import NotKept
from local.wire import ids

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
INVOCATIONS = "/invocations"  # the path of a call of a function, whose own calls are separate requests
OPERATION = b"dynamodb_20120810."
JSON = "application/x-amz-json-1.0"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
log = logging.getLogger("aws")


class Gate:
    """An ASGI application around ministack's."""

    def __init__(self, app: App, store: Store) -> None:
        self.app = app
        self.store = store
        self.short = not app.enforces_iam and not os.environ.get("CLOUDTRAIL_RECORDING")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app.asgi(scope, receive, send)
            return
        target = header(scope, b"x-amz-target").lower()
        if self.short and target.startswith(OPERATION) and not header(scope, b"content-encoding"):
            await self.dynamodb(scope, receive, send)
            return
        answer = Answer(send, lambda: self.recorded(scope, target))
        await self.app.asgi(scope, receive, answer.send)

    async def recorded(self, scope: Message, target: bytes) -> None:
        """Return when all that the request can have changed is on the disk. Raises NotKept."""
        changes = scope["method"] not in SAFE_METHODS and not scope["path"].endswith(INVOCATIONS)
        if changes and not target.startswith(b"dynamodb"):
            self.store.services.after(self.store.services.module_of(scope))
            self.store.recorder.record_definitions()
        await self.store.flushed()

    async def dynamodb(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one DynamoDB request by ministack's handler."""
        body = await whole_body(receive)
        if body is None:
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, answer_headers, answer = await self.handled(headers, body)
        try:
            await self.store.flushed()
        except NotKept as error:
            await refuse(send, error)
            return
        answer_headers["x-amzn-RequestId"] = ids.request_id()
        await respond(send, status, answer_headers, answer if isinstance(answer, bytes) else answer.encode())

    async def handled(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body, in the account and region that the request is signed for."""
        self.app.act_for(headers)
        try:
            status, answer_headers, answer = await self.store.recorder.handle_request("POST", "/", headers, body, {})
        except Exception as error:
            log.exception("a DynamoDB request failed")
            return 500, {"Content-Type": JSON}, problem("InternalServerError", str(error))
        return status, {**answer_headers, "Content-Type": JSON}, answer


class Answer:
    """A response held back until `recorded` has returned, or an error in its place when that raises NotKept."""

    def __init__(self, send: Send, recorded: Callable[[], Awaitable[None]]) -> None:
        self.out = send
        self.recorded = recorded
        self.refused = False

    async def send(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            try:
                await self.recorded()
            except NotKept as error:
                self.refused = True
                await refuse(self.out, error)
        if not self.refused:
            await self.out(message)


def header(scope: Message, name: bytes) -> bytes:
    """A header's value; empty when there is none."""
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


async def whole_body(receive: Receive) -> bytes | None:
    """The request's body; None when the client has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def problem(code: str, message: str) -> bytes:
    """An error's body as DynamoDB and most services spell it."""
    return json.dumps({"__type": code, "message": message}).encode()


async def refuse(send: Send, error: NotKept) -> None:
    """Answer that a change could not be kept."""
    body = problem("InternalServerError", f"the change was not saved: {error}")
    await respond(send, 500, {"Content-Type": JSON}, body)


async def respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    """Send a whole response."""
    whole = {**headers, "Content-Length": str(len(body)), "Date": formatdate(usegmt=True)}
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in whole.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})

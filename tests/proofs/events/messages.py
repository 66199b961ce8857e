"""Messages as the queues of consumers have them, and poison."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Collection
from typing import Any

from dynamodb.values import to_item
from tests.proofs.events.stage import Consumer, Stage
from tests.unit.consumers.records import record, user
from users.events import SOURCE, event_in

BATCH = 10
_numbers = itertools.count()
Message = dict[str, Any]


def message(body: str) -> Message:
    """A message of a queue, as Lambda hands it over."""
    attributes = {"ApproximateReceiveCount": "1"}
    return {
        "messageId": f"m{next(_numbers)}",
        "body": body,
        "attributes": attributes,
        "eventSource": "aws:sqs",
    }


def envelope(type_: str, detail: Any) -> str:
    """An event as a rule of the bus sends it on."""
    return json.dumps({"version": "0", "source": "users-api", "detail-type": type_, "detail": detail})


def events(stage: Stage, types: Collection[str], count: int = BATCH) -> list[Message]:
    """Messages of these types about new users: created, then with another email, then gone; each user has some."""
    made: list[Message] = []
    while len(made) < count:
        first = user(userId=str(uuid.uuid4()), email=f"{uuid.uuid4()}@example.com", updatedAt=now(), createdAt=now())
        second = {**first, "email": f"{uuid.uuid4()}@example.com", "version": 2, "lastWrite": "token-2"}
        stage.put_user(to_item(second))
        made += [made_of(record(old, new)) for old, new in ((None, first), (first, second), (second, None))]
        made = [each for each in made if json.loads(each["body"])["detail-type"] in types]
    return made[:count]


def made_of(change: dict[str, Any]) -> Message:
    """The message about one change."""
    event = event_in(change, lambda *_: {"type": "unknown"})
    assert event
    return message(envelope(event.type, {**event.detail, "time": now()}))


def now() -> str:
    """The present, as the API writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def strangers(count: int = BATCH) -> list[Message]:
    """Messages of a type that no consumer knows."""
    return [message(envelope("SomethingElse", known(id=str(uuid.uuid4())))) for _ in range(count)]


def good(stage: Stage, consumer: Consumer, count: int = BATCH) -> list[Message]:
    """Messages that a consumer handles, or ignores if no rule of a bus sends it events."""
    if not consumer.types:
        return strangers(count)
    if consumer.source == SOURCE:
        return events(stage, consumer.types, count)
    assert consumer.source in OTHERS, f"add an event of {consumer.source} to OTHERS, for {consumer}"
    return [message(json.dumps(OTHERS[consumer.source]())) for _ in range(count)]


def unknown(consumer: Consumer) -> Message:
    """A message of a type that the consumer does not know, from who publishes its events."""
    content = OTHERS[consumer.source]() if consumer.source in OTHERS else {"detail": known()}
    return message(json.dumps({**content, "detail-type": "SomethingElse"}))


def report() -> dict[str, Any]:
    """A report of SES: a letter was sent. https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html"""
    tags = {"letter": [f"{uuid.uuid4()}_welcome"]}
    mail = {"messageId": str(uuid.uuid4()), "destination": ["ann@example.com"], "tags": tags}
    return {"source": "aws.ses", "detail-type": "Email Sent", "time": now(), "detail": {"mail": mail}}


def upload() -> dict[str, Any]:
    """S3 says that an upload came, which is gone again: an earlier copy of the event was handled.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    detail = {"bucket": {"name": "any"}, "object": {"key": f"uploads/{uuid.uuid4()}/1-{uuid.uuid4().hex}"}}
    return {
        "id": str(uuid.uuid4()),
        "source": "aws.s3",
        "detail-type": "Object Created",
        "time": now(),
        "detail": detail,
    }


# Events of other publishers, by their source.
OTHERS: dict[str, Callable[[], dict[str, Any]]] = {"aws.ses": report, "aws.s3": upload}


def id_of(sent: Message) -> str:
    """The id of the event in a message."""
    body = json.loads(sent["body"])
    detail = body["detail"]
    return str(detail["mail"]["messageId"] if "mail" in detail else detail.get("id") or body["id"])


def known(**more: Any) -> dict[str, Any]:
    """The fields that the loop over messages needs, and no other."""
    return {"id": "1", "schemaVersion": 1, "time": now(), **more}


def whole() -> dict[str, Any]:
    """All fields of an event."""
    ids = {"userId": str(uuid.uuid4()), "userVersion": 1}
    return known(**ids, changed=[], actor={"type": "unknown"}, email="ann@example.com")


# What no retry can help, by name: made for a consumer, because a known type is part of some.
POISON: dict[str, Callable[[str], str]] = {
    "a space": lambda _type: " ",
    "no JSON": lambda _type: '{"detail',
    "a list": lambda _type: "[]",
    "null": lambda _type: "null",
    "an empty object": lambda _type: "{}",
    "nested too deep": lambda _type: "[" * 100_000,
    "no detail": lambda type_: envelope(type_, None),
    "a detail that is text": lambda type_: envelope(type_, "text"),
    "no id": lambda type_: envelope(type_, {"schemaVersion": 1, "time": now()}),
    "a time that is none": lambda type_: envelope(type_, known(time="yesterday")),
    "a version that is text": lambda type_: envelope(type_, known(schemaVersion="first")),
    "a version without end": lambda type_: envelope(type_, known(schemaVersion=float("inf"))),
    "a type that is a list": lambda type_: json.dumps({"detail-type": [type_], "detail": known()}),
    "a newer schema": lambda type_: envelope(type_, {**whole(), "schemaVersion": 99}),
}

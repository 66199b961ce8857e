"""Records of the stream of users, as DynamoDB writes them, for the tests of consumers."""

from __future__ import annotations

import itertools
from typing import Any

from dynamodb.values import to_item

ANN = {
    "userId": "5884d48e-e881-4299-834b-3d9881e0fa73",
    "name": "Ann",
    "email": "ann@example.com",
    "age": 36,
    "createdAt": "2026-11-26T12:00:00.000Z",
    "updatedAt": "2026-11-26T12:00:00.000Z",
    "version": 1,
    "lastWrite": "token-1",
}
_numbers = itertools.count(111)


def user(number: int = 0, **fields: Any) -> dict[str, Any]:
    """The item of one of several users, with some attributes changed; None leaves one out."""
    values = {**ANN, "userId": f"5884d48e-e881-4299-834b-{number:012d}", **fields}
    return {name: value for name, value in values.items() if value is not None}


def record(old: dict[str, Any] | None, new: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """The stream record of a write that made `new` of `old`."""
    kind = "REMOVE" if new is None else "MODIFY" if old else "INSERT"
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventID": f"event-{next(_numbers)}",
        "eventName": kind,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": to_item({"userId": (new or old or {})["userId"]}),
            **{name: to_item(image) for name, image in images.items() if image},
            "SequenceNumber": str(next(_numbers)),
            "ApproximateCreationDateTime": 1795953600.0,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        **more,
    }


def life(number: int = 0) -> list[dict[str, Any]]:
    """The records of a user that is created, changed and deleted."""
    first = user(number)
    second = user(number, name="Ann Lee", version=2, lastWrite="token-2", updatedAt="2026-11-26T12:00:01.000Z")
    return [record(None, first), record(first, second), record(second, None)]

"""One delivery: an event on its way to one webhook, from the plan to the last attempt.

`turn` rises each time when the delivery becomes due again. A message of the queue names a turn, and only the message of
the current turn has an effect, so a message that comes twice or late changes nothing.
"""

from __future__ import annotations

import json
import uuid
from calendar import timegm
from hashlib import sha256
from time import strptime

from dynamodb.values import from_item
from utils.timestamps import rfc3339
from webhooks import schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from webhooks.sending import Outcome

    Values = dict[str, Any]

PENDING, DELIVERED, FAILED, CANCELED = "pending", "delivered", "failed", "canceled"
KEPT_SECONDS = 30 * 24 * 60 * 60
KEPT_ATTEMPTS = 20
SHOWN = ("deliveryId", "webhookId", "eventId", "eventType", "status", "createdAt")
# A receiver gets no email and no caller. It reads the user through the API if it may.
SENT = ("id", "userId", "userVersion", "changed")


def delivery_id(event_id: str, event_time: str, webhook_id: str) -> str:
    """The same id for the same event and webhook. Ids sort by the event's time (UUID version 8)."""
    seconds = timegm(strptime(event_time[:19], "%Y-%m-%dT%H:%M:%S"))
    milliseconds = seconds * 1000 + int(event_time[20:23] or 0)
    raw = bytearray(milliseconds.to_bytes(6, "big") + sha256(f"{event_id} {webhook_id}".encode()).digest()[:10])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def planned(webhook_id: str, event_type: str, detail: Mapping[str, Any], now: float) -> Values:
    """The delivery of an event to a webhook, due at once."""
    data = {name: detail[name] for name in SENT}
    body = json.dumps({"type": event_type, "timestamp": detail["time"], "data": data}, separators=(",", ":"))
    return {
        "webhookId": webhook_id,
        "deliveryId": delivery_id(str(detail["id"]), str(detail["time"]), webhook_id),
        "eventId": str(detail["id"]),
        "eventType": event_type,
        "status": PENDING,
        "createdAt": rfc3339(now),
        "body": body,
        "attempts": "[]",
        "tries": 0,
        "turn": 1,
        "dueAt": int(now),
        "expiresAt": int(now) + KEPT_SECONDS,
    }


def attempted(delivery: Values, outcome: Outcome, now: float, random: Callable[[], float]) -> Values:
    """The delivery after an attempt: delivered, due again, or failed after the last attempt."""
    log = [*json.loads(delivery["attempts"]), {"time": rfc3339(now), **outcome.logged()}]
    tries = int(delivery["tries"]) + 1
    after = {**delivery, "attempts": json.dumps(log[-KEPT_ATTEMPTS:]), "tries": tries, "turn": delivery["turn"] + 1}
    if outcome.delivered:
        return {**after, "status": DELIVERED}
    wait = schedule.wait(tries, random)
    return {**after, "status": FAILED} if wait is None else {**after, "dueAt": int(now) + wait}


def canceled(delivery: Values) -> Values:
    """The delivery of a webhook that is gone or disabled."""
    return {**delivery, "status": CANCELED, "turn": delivery["turn"] + 1}


def again(delivery: Values, now: float) -> Values:
    """The delivery, due at once, with all its attempts before it once more."""
    return {**delivery, "status": PENDING, "tries": 0, "turn": delivery["turn"] + 1, "dueAt": int(now)}


def due_in(record: Any) -> Values | None:
    """The delivery in a record of the table's stream, if it is to be attempted."""
    image = record["dynamodb"].get("NewImage")
    return from_item(image) if image and image["status"]["S"] == PENDING else None


def shown(delivery: Mapping[str, Any]) -> Values:
    """The fields that clients see."""
    fields = {name: delivery[name] for name in SHOWN}
    due = {"nextAttemptAt": rfc3339(delivery["dueAt"])} if delivery["status"] == PENDING else {}
    return {**fields, **due, "attempts": json.loads(delivery["attempts"])}

"""What follows from a change, in US dollars per million: the publisher with its bus, and each consumer with its queue.

Measured: capacity units, calls and processor time of a batch (benchmarks.capacity.consumers). Assumed, and named in the
price file: how long each service takes. Cold starts are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from benchmarks.report.cost import GB, MILLION, SLOW_CALLS

NAMES = {
    "publish_user_events": "publisher and bus",
    "record_audit": "audit trail",
    "send_mail": "mail: an email",
    "settle_mail": "mail: the report on an email",
    "queue_mail": "mail: another link",
    "plan_deliveries": "webhooks: plan",
    "queue_deliveries": "webhooks: queue a delivery",
    "deliver_webhook": "webhooks: deliver",
    "process_picture": "pictures: an upload",
    "remove_pictures": "pictures: remove the one before",
    "keep_search": "search: the index",
    "push_live_updates": "live updates, 1 subscriber",
    "push_live_updates_100": "live updates, 100 subscribers",
}
# These read a stream, which is free, and write no line for a record. The others have a queue.
OF_STREAMS = ("publish_user_events", "queue_mail", "queue_deliveries", "remove_pictures")
SENT_BY_A_FUNCTION = ("deliver_webhook",)  # queue_deliveries sends its messages, and that line counts them
PUT_EVENTS = "eventbridge.PutEvents"
POST = "apigatewaymanagementapi.PostToConnection"
AT_ONCE = 32  # messages to connections: adapters.sockets
# Each call of another service: its price, if it has one, and the time that it takes.
OUTSIDE: dict[str, tuple[str, str]] = {
    PUT_EVENTS: ("", "bus_ms"),  # the bus bills events, not calls
    "kms.Sign": ("signature", "sign_ms"),
    "sesv2.SendEmail": ("mail", "mail_ms"),
    "sqs.SendMessage": ("queue_request", "queue_ms"),
    "s3.GetObject": ("object_read", "object_ms"),
    "s3.PutObject": ("object_write", "object_ms"),
    "s3.ListObjectsV2": ("object_write", "object_ms"),
    "s3.DeleteObjects": ("", "object_ms"),
    POST: ("socket_message", "socket_ms"),
}
# What clients and receivers add to a case: prices of requests, and times.
BESIDE: dict[str, tuple[str, str]] = {"process_picture": ("object_write", ""), "deliver_webhook": ("", "receiver_ms")}
# The line of a handled event, in Lambda's JSON format, with values of the length real ones have.
EVENT_LINE = (
    '{"timestamp": "2026-01-01T00:00:00Z", "level": "INFO", "message": "event_handled", "logger": "users_api", '
    '"requestId": "00000000-0000-4000-8000-000000000000", "eventId": "00000000-0000-5000-8000-000000000000", '
    '"eventType": "UserUpdated"}\n'
)


@dataclass(frozen=True)
class ChangeCost:
    """Dollars per million changes, by what is paid for."""

    bus: float
    queue: float
    requests: float
    compute: float
    database: float
    services: float
    logs: float

    @property
    def total(self) -> float:
        """The sum."""
        return math.fsum(getattr(self, field.name) for field in fields(self))


def cost(book: Mapping[str, Any], name: str, size: int, one: Mapping[str, Any]) -> ChangeCost:
    """One consumer that gets `size` changes at once; `one` is what such a batch consumes."""
    price = book["prices"]
    seconds = billed_ms(book["assumptions"], name, one) / 1e3
    units = [
        one[f"expected_{kind}s"] * price[f"dynamodb_{kind}_unit"]["per_million"] / size for kind in ("read", "write")
    ]
    return ChangeCost(
        bus=price["bus_event"]["per_million"] if PUT_EVENTS in one["outside"] else 0.0,
        queue=messages(name, size) * price["queue_request"]["per_million"],
        requests=price["lambda_request"]["per_million"] / size,
        compute=seconds * one["memory_mb"] / 1024 * price["lambda_gb_second"]["each"] * MILLION / size,
        database=math.fsum(units),
        services=services(price, name, one["outside"]) / size,
        logs=0.0 if name in OF_STREAMS else len(EVENT_LINE) * MILLION / GB * price["log_gb"]["each"],
    )


def messages(name: str, size: int) -> float:
    """Requests to a queue for one record: each message is sent alone; a batch is received once and deleted once."""
    if name in OF_STREAMS:
        return 0.0
    return 2 / size + (name not in SENT_BY_A_FUNCTION)


def services(price: Mapping[str, Any], name: str, calls: Mapping[str, int]) -> float:
    """What the other services take for a million batches."""
    paid = [(OUTSIDE[call][0], count) for call, count in calls.items()]
    if name in BESIDE:
        paid.append((BESIDE[name][0], 1))
    return math.fsum(price[what]["per_million"] * count for what, count in paid if what)


def billed_ms(assumed: Mapping[str, float], name: str, one: Mapping[str, Any]) -> int:
    """The duration of one batch in whole milliseconds, warm."""
    stretch = max(1.0, assumed["full_core_mb"] / one["memory_mb"])
    waits = [assumed[SLOW_CALLS.get(call, "dynamodb_write_ms")] for call in one["calls"]]
    waits += [assumed[OUTSIDE[call][1]] * rounds(call, count) for call, count in one["outside"].items()]
    beside = BESIDE.get(name, ("", ""))[1]
    own: float = one["warm_processor_ms"]["p50"] * stretch
    return math.ceil(own + math.fsum(waits) + (assumed[beside] if beside else 0.0))


def rounds(call: str, count: int) -> int:
    """How many times the function waits: it sends some messages to connections at once."""
    return math.ceil(count / AT_ONCE) if call == POST else count


def rows(book: Mapping[str, Any], found: Mapping[str, Any]) -> list[list[str]]:
    """A line for each consumer and size of a batch."""
    head = ["behind a change", "at once", *(field.name for field in fields(ChangeCost)), "sum"]
    return [
        head,
        *(
            [NAMES[name], size, *cells(cost(book, name, int(size), found[name][size]))]
            for name in NAMES
            for size in sorted(found.get(name, ()), key=int)
        ),
    ]


def cells(one: ChangeCost) -> list[str]:
    """The dollars of one line."""
    return [*(f"{getattr(one, field.name):.3f}" for field in fields(ChangeCost)), f"{one.total:.2f}"]

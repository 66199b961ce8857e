"""The loops over a batch, for functions that a stream or a queue invokes.

Each message succeeds or fails alone. Only this module catches everything. It logs a fault without its text, and the
message comes again until it goes to the dead-letter queue. Everything arrives at least once.
"""

from __future__ import annotations

import json
import logging
import time
from calendar import timegm

from utils.deadline import Deadline
from utils.faults import names, stack_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    Provider = Callable[[Deadline], Any]
    Batch = Mapping[str, Any]
    Failures = dict[str, list[dict[str, str]]]
    Consumer = Callable[[Batch, Any], Failures]

    class FailureQueue(Protocol):
        """The dead-letter queue of a function, to which it sends what no retry can help."""

        def put(self, body: str, reason: str) -> None:
            """Keep the body, with the reason."""


log = logging.getLogger("users_api")

# Kept back from the function's time, to say which messages are not done.
RESERVE_SECONDS = 0.5
STREAM = "aws:dynamodb"
# Reading a message that is not an event raises these. JSON can also have infinite numbers, and nest too deep.
NO_EVENT = (KeyError, TypeError, ValueError, OverflowError, RecursionError)


class Unprocessable(Exception):
    """A message that no retry can help. It goes to the dead-letter queue at once, with this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Event:
    """One event of the bus. `id` is the same for every repetition; `detail` is the content that the publisher wrote."""

    __slots__ = ("detail", "id", "schema_version", "time", "type")

    def __init__(self, type_: str, detail: Mapping[str, Any]) -> None:
        if not isinstance(type_, str):
            raise TypeError
        self.type = type_
        self.detail = detail
        self.id = str(detail["id"])
        self.schema_version = int(detail["schemaVersion"])
        self.time = str(detail["time"])


def queue_consumer(
    action: Callable[..., None],
    types: Mapping[str, int],
    failures: Provider,
    oldest: float | None = None,
    clock: Callable[[], float] = time.time,
    read: Callable[[Mapping[str, Any]], Event] | None = None,
    **providers: Provider,
) -> Consumer:
    """A Lambda handler for a queue of events: runs `action(event, **provided)` for each message.

    `types` are the types of events that the action knows, each with the newest version of its schema. An event of
    another type is ignored. A message that cannot be read, that has a newer schema, or whose event is more than
    `oldest` seconds old goes to the dead-letter queue (`failures`) at once. `read` makes an event of the envelope of
    another publisher; it raises KeyError, TypeError or ValueError for one that it cannot read.
    """

    def handle(message: Mapping[str, Any], deadline: Deadline) -> None:
        try:
            event = _event(message, read or _of_bus)
            if event.type not in types:
                log.warning("event_ignored", extra={"eventId": event.id, "eventType": event.type})
                return
            _check(event, types[event.type], oldest, clock())
            action(event, **{name: provide(deadline) for name, provide in providers.items()})
        except Unprocessable as error:
            failures(deadline).put(message["body"], error.reason)
            _log_set_aside(message, error.reason)
            return
        log.info("event_handled", extra={"eventId": event.id, "eventType": event.type})

    def lambda_handler(batch: Batch, context: Any) -> Failures:
        deadline = _deadline(context)
        return _failed(message["messageId"] for message in batch["Records"] if not _done(handle, message, deadline))

    return lambda_handler


def stream_consumer(action: Callable[..., str | None], **providers: Provider) -> Consumer:
    """A Lambda handler for a table's stream: runs `action(records, **provided)`, with the records in their order.

    The action returns the sequence number of the first record to retry, or None. Lambda retries from that record on.
    The handler also takes messages of a queue whose body is `{"record": ...}`: records that were set aside and are
    tried again.
    """

    def first_to_retry(records: list[Any], deadline: Deadline) -> str | None:
        return action(records, **{name: provide(deadline) for name, provide in providers.items()})

    def again(message: Mapping[str, Any], deadline: Deadline) -> None:
        if first_to_retry([json.loads(message["body"])["record"]], deadline) is not None:
            raise NotYet

    def lambda_handler(batch: Batch, context: Any) -> Failures:
        deadline, records = _deadline(context), batch["Records"]
        if records[0].get("eventSource") != STREAM:
            return _failed(message["messageId"] for message in records if not _done(again, message, deadline))
        try:
            failed = first_to_retry(records, deadline)
        except Exception as error:  # noqa: BLE001 - the batch comes again, whatever the fault
            failed = _sequence_number(records[0])
            _log_fault("batch_failed", error)
        return _failed([] if failed is None else [failed])

    return lambda_handler


class NotYet(Exception):
    """A record that was set aside still cannot be handled."""


def _done(
    handle: Callable[[Mapping[str, Any], Deadline], None], message: Mapping[str, Any], deadline: Deadline
) -> bool:
    """Whether a message is done. A fault of one does not stop the others."""
    try:
        handle(message, deadline)
    except Exception as error:  # noqa: BLE001 - the message comes again, whatever the fault
        received = (message.get("attributes") or {}).get("ApproximateReceiveCount")
        _log_fault("event_failed", error, messageId=message["messageId"], received=received)
        return False
    return True


def _log_fault(event: str, error: Exception, **told: str | None) -> None:
    """One line without the exception's text, which may quote what is personal."""
    log.error(event, extra={**told, "cause": names(error), "stack": stack_of(error)})


def _log_set_aside(message: Mapping[str, Any], reason: str) -> None:
    log.error("event_set_aside", extra={"messageId": message["messageId"], "reason": reason})


def _of_bus(envelope: Mapping[str, Any]) -> Event:
    """The event that the publisher wrote."""
    return Event(envelope["detail-type"], envelope["detail"])


def _event(message: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Event]) -> Event:
    try:
        event = read(json.loads(message["body"]))
        _seconds(event.time)
    except NO_EVENT:
        raise Unprocessable("the message is not an event of the bus") from None
    return event


def _check(event: Event, newest: int, oldest: float | None, now: float) -> None:
    if event.schema_version > newest:
        raise Unprocessable(f"the schema of the event has version {event.schema_version}, and this code knows {newest}")
    if oldest is not None and now - _seconds(event.time) > oldest:
        raise Unprocessable(f"the event is more than {oldest:.0f} s old")


def _seconds(text: str) -> int:
    """Seconds since the epoch of a time as utils.timestamps writes it, without the fraction."""
    return timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def _failed(identifiers: Any) -> Failures:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


def _sequence_number(record: Any) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _deadline(context: Any) -> Deadline:
    return Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)

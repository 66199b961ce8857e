"""The stream of Users - publishes each change of a user as an event, in order per user, at least once.

A record that comes again makes the same event with the same id, which consumers recognize. An event that the bus
refuses for good is set aside in the dead-letter queue, and the stream goes on. While the bus takes nothing, the stream
waits: Lambda retries until a record is almost as old as the stream keeps it.
"""

from __future__ import annotations

import json
import logging
import time

from consumers import wiring
from users.events import NotOfAUser, UnreadableRecord, event_in
from users.foreign import NAMESPACE
from utils.consumer import stream_consumer
from utils.metrics import one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    from users.events import Removal, UserEvent
    from utils.consumer import FailureQueue
    from utils.deadline import Deadline

    class Refusal(Protocol):
        """Why the bus did not take an entry."""

        code: str
        for_good: bool

    class Bus(Protocol):
        """Takes events; see adapters.event_bus."""

        def put(self, entries: Sequence[tuple[str, str]]) -> Sequence[Refusal | None]:
            """For each entry its refusal, or None."""

        def fitting(self, entries: Sequence[tuple[str, str]]) -> int:
            """How many of the first entries fit into one call."""


log = logging.getLogger("users_api")

# The function tries to send one event so often in one invocation.
TRIES = 5
# One more call may take that long. With less time left, the function stops, and Lambda retries.
LEAST_SECONDS = 3.5


class Waiting:
    """An event that the bus has not taken yet, with its record."""

    __slots__ = ("entry", "record", "tries", "user_id")

    def __init__(self, record: Any, event: UserEvent) -> None:
        self.record = record
        self.user_id = event.user_id
        self.entry = (event.type, json.dumps(event.detail))
        self.tries = 0


def publish_user_events(
    records: Sequence[Any],
    bus: Bus,
    failures: FailureQueue,
    removed_by: Removal,
    deadline: Deadline,
    pause: Callable[[float], None] = time.sleep,
) -> str | None:
    """Publish the events of the records. The sequence number of the first that is not published, or None."""
    waiting = _events(records, failures, removed_by)
    while waiting:
        if deadline.remaining() < LEAST_SECONDS:
            return _sequence_number(waiting)
        again = _put(_first_of_each_user(waiting), waiting, bus, failures)
        if again >= TRIES:
            return _sequence_number(waiting)
        if again:
            pause(0.05 * 2**again)
    return None


def _events(records: Sequence[Any], failures: FailureQueue, removed_by: Removal) -> list[Waiting]:
    """The events to publish, in order. A record that makes no event stops nothing."""
    waiting = []
    for record in records:
        try:
            event = event_in(record, removed_by)
        except NotOfAUser as error:
            _count("record_skipped", "RecordsSkipped", userId=error.name)
        except UnreadableRecord as error:
            _set_aside(record, str(error), failures)
        else:
            waiting += [Waiting(record, event)] if event else []
    return waiting


def _first_of_each_user(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The first event of each user. The next one waits for it, so that the order per user stays."""
    first: dict[str, Waiting] = {}
    for each in waiting:
        first.setdefault(each.user_id, each)
    return list(first.values())


def _put(ready: list[Waiting], waiting: list[Waiting], bus: Bus, failures: FailureQueue) -> int:
    """Send one call's worth and take what is done out of `waiting`; the tries of what the bus refused, or 0.

    The bus works if it takes another event. One that it then refuses again and again is set aside.
    """
    sent = ready[: bus.fitting([each.entry for each in ready])]
    refusals = bus.put([each.entry for each in sent])
    works = None in refusals
    tries = 0
    for each, refusal in zip(sent, refusals, strict=True):
        each.tries += 1
        if refusal is None:
            waiting.remove(each)
        elif refusal.for_good or (works and each.tries >= TRIES):
            _set_aside(each.record, f"the bus refuses the event: {refusal.code}", failures)
            waiting.remove(each)
        else:
            tries = max(tries, each.tries)
    return tries


def _set_aside(record: Any, reason: str, failures: FailureQueue) -> None:
    failures.put(json.dumps({"record": record}), reason)
    _count("record_set_aside", "RecordsSetAside", reason=reason)


def _count(event: str, metric: str, **told: str) -> None:
    """One line, which CloudWatch counts too."""
    log.warning(event, extra={**told, **one(NAMESPACE, metric)})


def _sequence_number(waiting: Sequence[Waiting]) -> str:
    return str(waiting[0].record["dynamodb"]["SequenceNumber"])


lambda_handler = stream_consumer(
    publish_user_events,
    bus=wiring.bus,
    failures=wiring.failures,
    removed_by=wiring.removals,
    deadline=wiring.deadline,
)

"""The composition root of erasures: handlers and the consumer use the same places.

A capability that is off has an empty setting, and its places are left out.
"""

from __future__ import annotations

import os
import time

from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from adapters.event_bus import EventBus
    from adapters.event_queue import EventQueue
    from adapters.sockets import Sockets
    from erasing.person import Person
    from erasing.receipts import Receipts
    from erasing.walk import Place, Walk
    from users.reading import Call
    from users.signed_in import SignedInUsers
    from utils.deadline import Deadline

_built: dict[str, Any] = {}


def receipts(deadline: Deadline) -> Receipts:
    """The receipts."""
    from erasing.receipts import Receipts

    return Receipts(_call(deadline), setting("ERASURES_TABLE"), clock=time.time)


def find(deadline: Deadline) -> Callable[[str, str], Person | None]:
    """Finds the person of a record, for an administrator."""
    from erasing.person import find_person

    call, users, keys = _call(deadline), setting("USERS_TABLE"), setting("USER_KEYS_TABLE")
    return lambda user_id, caller: find_person(call, users, keys, user_id, caller)


def places(deadline: Deadline) -> list[Place]:
    """All places of this stack that an erasure empties, in their order: what lets somebody sign in goes first."""
    kinds = (_of_sign_in, _of_mail, _of_followers, _of_pictures, _of_search)
    return [place for kind in kinds for place in kind(deadline)]


def outages(_deadline: Deadline) -> tuple[type[Exception], ...]:
    """The exceptions of a place that is throttled, refuses, or is out of reach."""
    from adapters.clients import FAILURES
    from adapters.object_store import NotDeleted
    from dynamodb.errors import DynamoDBError
    from erasing.items import NotEnded
    from search.index import NotFollowed
    from users.refusals import BrokenClaim
    from utils.errors import ServiceUnavailable

    return (ServiceUnavailable, DynamoDBError, BrokenClaim, NotDeleted, NotEnded, NotFollowed, *FAILURES)


def walk(deadline: Deadline) -> Walk:
    """Goes through the places."""
    from erasing.forgetting import dates
    from erasing.notice import tell
    from erasing.walk import Walk

    days = setting("ERASURE_DAYS")
    return Walk(
        receipts(deadline),
        places(deadline),
        failures=outages(deadline),
        remaining=deadline.remaining,
        clock=time.time,
        completed=lambda receipt: tell(receipt, _bus(), time.time()),
        dates=lambda now: dates(days, now),
    )


def queue(_deadline: Deadline) -> EventQueue:
    """The queue of erasures that have work to do."""
    from adapters.clients import client
    from adapters.event_queue import EventQueue

    made: EventQueue = _once("queue", lambda: EventQueue(client("sqs"), setting("ERASURE_QUEUE")))
    return made


def clock(_deadline: Deadline) -> Callable[[], float]:
    """Seconds since the epoch."""
    return time.time


def _of_sign_in(deadline: Deadline) -> Iterator[Place]:
    from adapters.clients import client
    from adapters.user_pool import UserPool
    from erasing.items import Record, Scanned, of_claims
    from erasing.outside import Identity

    call, keys = _call(deadline), setting("USER_KEYS_TABLE")
    yield Identity(_once("pool", lambda: UserPool(client("cognito-idp"), setting("USER_POOL"))))
    yield Record(call, setting("USERS_TABLE"), _users(deadline))
    yield Scanned("claims", call, keys, ("key",), "userId", of_claims)


def _of_mail(deadline: Deadline) -> Iterator[Place]:
    from erasing.items import Letters, Suppression

    call, table = _call(deadline), setting("MAIL_TABLE")
    if table:
        yield Letters(call, table, setting("USER_KEYS_TABLE"), time.time)
        yield Suppression(call, table)


def _of_followers(deadline: Deadline) -> Iterator[Place]:
    from erasing.items import LiveConnections, Scanned, of_deliveries
    from live.connections import Connections

    call, deliveries, live = _call(deadline), setting("WEBHOOK_DELIVERIES_TABLE"), setting("LIVE_TABLE")
    if deliveries:
        keys = ("webhookId", "deliveryId")
        yield Scanned("webhookDeliveries", call, deliveries, keys, "eventId", of_deliveries)
    if live:
        connections = Connections(call, live, time.time, _token, _pause)
        yield LiveConnections(call, live, _end, connections.close)


def _of_pictures(deadline: Deadline) -> Iterator[Place]:
    from adapters.clients import client
    from adapters.object_store import ObjectStore
    from erasing.items import PictureRecord
    from erasing.outside import PictureFiles
    from pictures.records import PictureRecords

    call, table = _call(deadline), setting("PICTURES_TABLE")
    if table:
        store = _once("pictures", lambda: ObjectStore(client("s3"), setting("PICTURES_BUCKET")))
        yield PictureFiles(store)
        records = PictureRecords(call, table, setting("USERS_TABLE"), _token, _pause)
        yield PictureRecord(call, table, records)


def _of_search(deadline: Deadline) -> Iterator[Place]:
    from erasing.searching import SearchEntries
    from search.index import kept_indexes
    from users.finding import or_none
    from users.reading import UserReader

    call, table = _call(deadline), setting("SEARCH_TABLE")
    if table:
        find = or_none(UserReader(call, setting("USERS_TABLE")).get)
        yield SearchEntries(*kept_indexes(call, table, find, clock=time.time, new_token=_token, pause=_pause))


def _users(deadline: Deadline) -> SignedInUsers:
    from erasing.items import AcceptedDeletions

    return AcceptedDeletions(
        _call(deadline),
        setting("USERS_TABLE"),
        setting("USER_KEYS_TABLE"),
        clock=time.time,
        new_id=_token,
        new_token=_token,
        pause=_pause,
    )


def _end(connections: Sequence[str]) -> list[str]:
    from adapters.sockets import sockets_at

    made: Sockets = _once("sockets", lambda: sockets_at(setting("LIVE_ENDPOINT")))
    return made.end(connections)


def _bus() -> EventBus:
    from adapters.clients import client
    from adapters.event_bus import EventBus
    from users.events import SOURCE

    made: EventBus = _once("bus", lambda: EventBus(client("events"), setting("EVENT_BUS"), SOURCE))
    return made


def _call(deadline: Deadline) -> Call:
    from dynamodb.client import from_environment
    from users.reading import available

    client = _once("dynamodb", lambda: from_environment(environment()))
    return available(lambda operation, request: client.call(operation, request, deadline))


def _token() -> str:
    return os.urandom(12).hex()


def _pause(attempt: int) -> None:
    time.sleep(0.01 * 2**attempt)


def _once(name: str, build: Callable[[], Any]) -> Any:
    if name not in _built:
        _built[name] = build()
    return _built[name]

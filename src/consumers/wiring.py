"""The composition root of the consumers: builds each real dependency once, on first use.

A provider is called with the deadline of an invocation. The template gives each function the settings that its own
providers read.
"""

from __future__ import annotations

import os
import time

from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from adapters.due_queue import DueQueue
    from adapters.event_bus import EventBus
    from adapters.event_queue import EventQueue
    from adapters.failure_queue import FailureQueue
    from adapters.object_store import ObjectStore
    from adapters.sockets import Sockets
    from adapters.user_pool import UserPool
    from audit.trail import AuditTrail
    from live.connections import Connections
    from live.recent import Recent
    from mail.outcomes import Outcomes
    from mail.outgoing import Outgoing
    from pictures.records import PictureRecords
    from search.index import SearchIndex
    from users.events import Removal
    from users.standing import Standing
    from users.user import User
    from utils.deadline import Deadline
    from webhooks.deliveries import Deliveries
    from webhooks.dispatch import Receivers
    from webhooks.sending import Outcome

    Post = Callable[[str, dict[str, str], str], Outcome]

    Imaging = Callable[[bytes, Sequence[int]], Mapping[int, bytes]]

_built: dict[str, Any] = {}
_link_secrets: dict[int, bytes] = {}


def bus(_deadline: Deadline) -> EventBus:
    """The bus that takes the events."""
    from adapters.clients import client
    from adapters.event_bus import EventBus
    from users.events import SOURCE

    made: EventBus = _once("bus", lambda: EventBus(client("events"), setting("EVENT_BUS"), SOURCE))
    return made


def failures(_deadline: Deadline) -> FailureQueue:
    """The dead-letter queue of this function."""
    from adapters.clients import client
    from adapters.failure_queue import FailureQueue

    made: FailureQueue = _once("failures", lambda: FailureQueue(client("sqs"), setting("FAILURES_QUEUE")))
    return made


def removals(deadline: Deadline) -> Removal:
    """Finds the caller that deleted a user, by the user's id and last version."""
    from users.actors import remover

    return lambda user_id, version: remover(_call(deadline), setting("USER_KEYS_TABLE"), user_id, version)


def trail(deadline: Deadline) -> AuditTrail:
    """The audit trail."""
    from adapters.clients import client
    from adapters.signing_key import SigningKey
    from audit.signatures import ALGORITHM
    from audit.trail import AuditTrail

    key: SigningKey = _once("key", lambda: SigningKey(client("kms"), setting("AUDIT_KEY"), ALGORITHM))
    return AuditTrail(_call(deadline), setting("AUDIT_TABLE"), key, clock=time.time)


def find_user(deadline: Deadline) -> Callable[[str], User | None]:
    """Finds the newest state of a user by its id."""
    from users.finding import or_none
    from users.reading import UserReader

    return or_none(UserReader(_call(deadline), setting("USERS_TABLE")).get)


def find_person(deadline: Deadline) -> Callable[[str], Standing | None]:
    """Finds the person of a record by the record's id."""
    from users.standing import standing

    return lambda user_id: standing(_call(deadline), setting("USERS_TABLE"), setting("USER_KEYS_TABLE"), user_id)


def find_signed_in(deadline: Deadline) -> Callable[[str], Standing | None]:
    """Finds the person of a record. Without sign-in there is none."""
    return find_person(deadline) if setting("SIGN_IN") == "true" else lambda user_id: None


def user_pool(_deadline: Deadline) -> UserPool:
    """The user pool that people sign in to."""
    from adapters.clients import client
    from adapters.user_pool import UserPool

    made: UserPool = _once("user_pool", lambda: UserPool(client("cognito-idp"), setting("USER_POOL")))
    return made


def outgoing(deadline: Deadline) -> Outgoing:
    """The letters that go out."""
    from adapters.clients import client
    from adapters.mail import Mail
    from mail.outgoing import Outgoing

    made: Mail = _once("mail", lambda: Mail(client("sesv2"), setting("MAIL_SENDER"), setting("MAIL_CONFIGURATION")))
    language, link = setting("MAIL_LANGUAGE"), _link(deadline)
    call, table = _call(deadline), setting("MAIL_TABLE")
    return Outgoing(
        call, table, made, language, link=link, clock=time.time, remaining=deadline.remaining, new_token=_token
    )


def operators(_deadline: Deadline) -> str:
    """The address of the operators; '' if they are told nothing."""
    return setting("MAIL_OPERATORS")


def mail_queue(_deadline: Deadline) -> EventQueue:
    """The queue of what asks for a letter."""
    from adapters.clients import client
    from adapters.event_queue import EventQueue

    made: EventQueue = _once("mail_queue", lambda: EventQueue(client("sqs"), setting("MAIL_QUEUE")))
    return made


def outcomes(deadline: Deadline) -> Outcomes:
    """The record of what became of letters."""
    from mail.outcomes import Outcomes

    return Outcomes(_call(deadline), setting("MAIL_TABLE"), clock=time.time)


def _link(deadline: Deadline) -> Callable[[str, str], str]:
    from users.cursors import Cursors
    from verification.links import Links

    links = Links(Cursors(_call(deadline), setting("MAIL_TABLE"), clock=time.time, known=_link_secrets))
    url = setting("LINKS_URL")
    return lambda user, email: f"{url}/users/{user}/email-verification/{links.token(user, email)}"


def _token() -> str:
    return os.urandom(12).hex()


def receivers(deadline: Deadline) -> Receivers:
    """The webhooks."""
    from webhooks.dispatch import Receivers

    return Receivers(_call(deadline), setting("WEBHOOKS_TABLE"))


def deliveries(deadline: Deadline) -> Deliveries:
    """The log of deliveries."""
    from webhooks.deliveries import Deliveries

    return Deliveries(_call(deadline), setting("WEBHOOK_DELIVERIES_TABLE"))


def due(_deadline: Deadline) -> DueQueue:
    """The queue of deliveries that are due."""
    from adapters.clients import client
    from adapters.due_queue import DueQueue

    made: DueQueue = _once("due", lambda: DueQueue(client("sqs"), setting("DUE_QUEUE")))
    return made


def post(deadline: Deadline) -> Post:
    """Sends one delivery, within what is left of the invocation."""
    from webhooks.sending import TOTAL_SECONDS, post

    localhost = setting("WEBHOOKS_TO_LOCALHOST") == "true"
    seconds = min(TOTAL_SECONDS, deadline.remaining() - 1)
    return lambda url, headers, body: post(url, headers, body, localhost, seconds)


def pictures(_deadline: Deadline) -> ObjectStore:
    """The objects of pictures and uploads."""
    from adapters.clients import client
    from adapters.object_store import ObjectStore

    made: ObjectStore = _once("pictures", lambda: ObjectStore(client("s3", attempts=3), setting("PICTURES_BUCKET")))
    return made


def picture_records(deadline: Deadline) -> PictureRecords:
    """The records of pictures."""
    from pictures.records import PictureRecords

    return PictureRecords(
        _call(deadline),
        setting("PICTURES_TABLE"),
        setting("USERS_TABLE"),
        new_token=_token,
        pause=_pause,
    )


def imaging(_deadline: Deadline) -> Imaging:
    """Makes the pictures of each size from an upload. It raises UploadRefused."""
    from adapters import imaging
    from pictures.keys import UploadRefused

    def made(content: bytes, sizes: Sequence[int]) -> Mapping[int, bytes]:
        try:
            return imaging.rendered(content, sizes)
        except imaging.Refused as refused:
            raise UploadRefused(str(refused)) from refused

    return made


def connections(deadline: Deadline) -> Connections:
    """The connections of clients that receive live updates."""
    from live.connections import Connections

    return Connections(
        _call(deadline), setting("LIVE_TABLE"), clock=time.time, new_token=lambda: os.urandom(12).hex(), pause=_pause
    )


def recent(deadline: Deadline) -> Recent:
    """The log of recent live updates."""
    from live.recent import Recent

    return Recent(_call(deadline), setting("LIVE_TABLE"), clock=time.time)


def sockets(_deadline: Deadline) -> Sockets:
    """Sends to open connections."""
    from adapters.sockets import sockets_at

    made: Sockets = _once("sockets", lambda: sockets_at(setting("LIVE_ENDPOINT")))
    return made


def search_indexes(deadline: Deadline) -> list[SearchIndex]:
    """The index of the search, once for each rule that is kept."""
    from search.index import kept_indexes

    call, table, find = _call(deadline), setting("SEARCH_TABLE"), find_user(deadline)
    return kept_indexes(call, table, find, clock=time.time, new_token=_token, pause=_pause)


def forget(_deadline: Deadline) -> Callable[[Sequence[Mapping[str, Any]]], bool]:
    """Removes users from the cache, by the keys of their items, and says whether that was done."""
    from dynamodb.cached import key_of, leases

    cache, table = _once("cache", lambda: leases(environment())), setting("USERS_TABLE")
    return lambda keys: bool(cache.forget({key_of(table, key) for key in keys}))


def deadline(deadline: Deadline) -> Deadline:
    """The deadline itself."""
    return deadline


def _call(deadline: Deadline) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    from dynamodb.client import from_environment

    client = _once("dynamodb", lambda: from_environment(environment()))
    return lambda operation, request: client.call(operation, request, deadline)


def _pause(attempt: int) -> None:
    time.sleep(0.01 * 2**attempt)


def _once(name: str, build: Callable[[], Any]) -> Any:
    if name not in _built:
        _built[name] = build()
    return _built[name]

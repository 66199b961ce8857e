"""The composition root of the consumers: builds each real dependency once, on first use.

A provider is called with the deadline of an invocation. The template gives each function the settings that its own
providers read.
"""

from __future__ import annotations

import time

from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from adapters.event_bus import EventBus
    from adapters.failure_queue import FailureQueue
    from audit.trail import AuditTrail
    from mail.letters import Find
    from mail.outgoing import Outgoing
    from users.events import Removal
    from utils.deadline import Deadline

_built: dict[str, Any] = {}


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
    from audit.trail import AuditTrail

    return AuditTrail(_call(deadline), setting("AUDIT_TABLE"), clock=time.time)


def find_user(deadline: Deadline) -> Find:
    """Finds the newest state of a user by its id."""
    from users.errors import UserNotFound
    from users.reading import UserReader

    def find(user_id: str) -> Mapping[str, Any] | None:
        try:
            return UserReader(_call(deadline), setting("USERS_TABLE")).get(user_id)
        except UserNotFound:
            return None

    return find


def outgoing(deadline: Deadline) -> Outgoing:
    """The letters that go out."""
    from adapters.clients import client
    from adapters.mail import Mail
    from mail.outgoing import Outgoing

    made: Mail = _once("mail", lambda: Mail(client("sesv2"), setting("MAIL_SENDER")))
    return Outgoing(_call(deadline), setting("MAIL_TABLE"), made, setting("MAIL_LANGUAGE"), clock=time.time)


def deadline(deadline: Deadline) -> Deadline:
    """The deadline itself."""
    return deadline


def _call(deadline: Deadline) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    from dynamodb.client import from_environment

    client = _once("dynamodb", lambda: from_environment(environment()))
    return lambda operation, request: client.call(operation, request, deadline)


def _once(name: str, build: Callable[[], Any]) -> Any:
    if name not in _built:
        _built[name] = build()
    return _built[name]

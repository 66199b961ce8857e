"""The composition root of the steps of imports and exports: builds each dependency once, on first use."""

from __future__ import annotations

import os
import time

from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from adapters.object_store import ObjectStore
    from transfers.files import Compressed
    from transfers.jobs import Jobs
    from users.imported import ImportedUsers
    from users.user import User
    from utils.deadline import Deadline

    Pace = Callable[[Iterable[Any]], Iterator[Any]]

_built: dict[str, Any] = {}


def jobs(deadline: Deadline) -> Jobs:
    """The imports and exports."""
    from transfers.jobs import Jobs

    return Jobs(_call(deadline), setting("BULK_TABLE"), clock=time.time, new_token=_new_token, pause=_pause)


def store(_deadline: Deadline) -> ObjectStore:
    """The files of imports and exports."""
    from adapters.clients import client
    from adapters.object_store import ObjectStore

    made: ObjectStore = _once("store", lambda: ObjectStore(client("s3", attempts=5), setting("BULK_BUCKET")))
    return made


def users(deadline: Deadline) -> ImportedUsers:
    """The users, for an import to write."""
    from users.imported import ImportedUsers
    from users.user import user_id_of

    def new_id() -> str:
        raw = bytearray(os.urandom(16))
        raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
        return user_id_of(raw.hex())

    return ImportedUsers(
        _call(deadline),
        setting("USERS_TABLE"),
        setting("USER_KEYS_TABLE"),
        clock=time.time,
        new_id=new_id,
        new_token=_new_token,
        pause=_pause,
    )


def pace(_deadline: Deadline) -> Pace:
    """Hands out rows no faster than this function's part of the rate."""
    from transfers.pace import paced

    rate = int(setting("IMPORT_RATE")) / int(setting("IMPORT_CONCURRENCY"))
    return lambda rows: paced(rows, rate, time.monotonic, time.sleep)


def segment(deadline: Deadline) -> Callable[[int, int], Iterator[User]]:
    """Reads one segment of the table of users."""
    from users.segments import users_of_segment

    return lambda number, of: users_of_segment(_call(deadline), setting("USERS_TABLE"), number, of)


def compressed(_deadline: Deadline) -> Callable[[str], Compressed]:
    """Begins a file."""
    from transfers.files import Compressed

    return Compressed


def clock(_deadline: Deadline) -> Callable[[], float]:
    """Seconds since the epoch."""
    return time.time


def _new_token() -> str:
    return os.urandom(12).hex()


def _pause(attempt: int) -> None:
    from dynamodb.retries import random_fraction

    time.sleep(random_fraction() * min(1.0, 0.01 * 2**attempt))


def _call(deadline: Deadline) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    from dynamodb.client import from_environment

    client = _once("dynamodb", lambda: from_environment(environment()))
    return lambda operation, request: client.call(operation, request, deadline)


def _once(name: str, build: Callable[[], Any]) -> Any:
    if name not in _built:
        _built[name] = build()
    return _built[name]

"""The composition root: builds each real dependency once, on first use.

A provider is called with a request's deadline and gives what the handler takes; the database client behind it lives as
long as the process.
"""

from __future__ import annotations

import os
import time

from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dynamodb.client import Client
    from users.cursors import Cursors
    from users.reading import UserReader
    from users.repository import UserRepository
    from utils.deadline import Deadline

_built: dict[str, Any] = {}
_cursor_secrets: dict[int, bytes] = {}


def reader(deadline: Deadline) -> UserReader:
    """The users to be read, reachable until the deadline."""
    from users.reading import UserReader

    return UserReader(_call(deadline), setting("USERS_TABLE"))


def users(deadline: Deadline) -> UserRepository:
    """The users to be read and written, reachable until the deadline."""
    from users.repository import UserRepository

    return UserRepository(
        _call(deadline),
        setting("USERS_TABLE"),
        setting("USER_KEYS_TABLE"),
        clock=time.time,
        new_id=new_uuid,
        new_token=new_token,
        pause=pause,
    )


def cursors(deadline: Deadline) -> Cursors:
    """The cursors of the list."""
    from users.cursors import Cursors

    return Cursors(_call(deadline), setting("USER_KEYS_TABLE"), clock=time.time, known=_cursor_secrets)


def _call(deadline: Deadline) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    client = _dynamodb()
    return lambda operation, request: client.call(operation, request, deadline)


def _dynamodb() -> Client:
    if "dynamodb" not in _built:
        from dynamodb.client import from_environment

        _built["dynamodb"] = from_environment(environment())
    return _built["dynamodb"]  # type: ignore[no-any-return]


def connect_ahead() -> None:
    """Connect while Lambda initializes the function, when it has a whole processor, and not during the first request.

    Not before a snapshot, because no connection survives it. Wrong settings are reported by the first request.
    """
    if environment().get("AWS_LAMBDA_INITIALIZATION_TYPE") in ("on-demand", "provisioned-concurrency"):
        from dynamodb.errors import ConfigurationError

        try:
            _dynamodb().open()
        except ConfigurationError:
            return


def new_uuid() -> str:
    """A random UUID (version 4), from the system's own randomness."""
    from users.user import user_id_of

    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    return user_id_of(raw.hex())


def new_token() -> str:
    """A name for one write, unlike any other's."""
    return os.urandom(12).hex()


def pause(attempt: int) -> None:
    """Wait at random, up to a bound that doubles with each attempt: 10 ms, 20 ms, ... 200 ms."""
    from dynamodb.retries import random_fraction

    time.sleep(random_fraction() * min(0.2, 0.01 * 2**attempt))


connect_ahead()

"""The composition root of the triggers of the user pool."""

from __future__ import annotations

import guard
import wiring
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from users.people import People
    from users.registration import Registration
    from utils.deadline import Deadline


def registration(deadline: Deadline) -> Registration:
    """The repository of people who sign in."""
    from users.registration import Registration

    return guard.repository(Registration, deadline)


def people(deadline: Deadline) -> People:
    """The people behind records."""
    return guard.people(deadline)


def keep_sign_in(deadline: Deadline) -> Callable[[str, str], None]:
    """Writes when a person signed in: by their id, and the time."""
    from users.reading import available
    from users.standing import keep_sign_in

    call, table = available(wiring._call(deadline)), setting("USER_KEYS_TABLE")
    return lambda subject, now: keep_sign_in(call, table, subject, now)

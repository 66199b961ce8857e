"""The composition root of the handlers of a service with two Regions: a write goes on in the home Region only."""

from __future__ import annotations

import time

import wiring
from regions.home import Home
from users.cursors import Cursors
from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from users.repository import UserRepository
    from utils.deadline import Deadline
    from utils.http import Request
    from utils.response import Response

    Action = Callable[[Request, UserRepository], Response]


class HomeCursors(Cursors):
    """Cursors whose secrets are made in the home Region only. They are elsewhere once they are replicated."""

    home: Home

    def _new_secret(self, period: int) -> bytes:
        self.home.check()
        return super()._new_secret(period)


def home(deadline: Deadline) -> Home:
    """The home Region, as this one knows it."""
    here, role = environment()["AWS_REGION"], setting("REGION_ROLE")
    return Home(wiring._call(deadline), setting("USER_KEYS_TABLE"), here=here, role=role)


def users(deadline: Deadline) -> UserRepository:
    """The users to be read and written; in a stack with events, those whose writes name their caller."""
    if not _with_events():
        return wiring.users(deadline)
    from attributed.wiring import users as attributed

    return attributed(deadline)


def cursors(deadline: Deadline) -> HomeCursors:
    """The cursors of the list."""
    keys, known = setting("USER_KEYS_TABLE"), wiring._cursor_secrets
    made = HomeCursors(wiring._call(deadline), keys, clock=time.time, known=known)
    made.home = home(deadline)
    return made


def at_home(action: Action) -> Callable[[Request, UserRepository, Home], Response]:
    """The action of a handler that writes, for the home Region only. Raises NotHome elsewhere."""

    def checked(request: Request, users: UserRepository, home: Home) -> Response:
        home.check()
        if not _with_events():
            return action(request, users)
        from attributed.wiring import by_caller

        return by_caller(action)(request, users)  # type: ignore[arg-type]

    return checked


def _with_events() -> bool:
    return setting("EVENTS") == "true"

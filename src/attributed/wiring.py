"""The composition root of the handlers of a stack with events: the repository whose writes name their caller."""

from __future__ import annotations

import time

import wiring
from users.attributed import AttributedUsers
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from users.repository import UserRepository
    from utils.deadline import Deadline
    from utils.http import Request
    from utils.response import Response

    Action = Callable[[Request, UserRepository], Response]


def users(deadline: Deadline) -> AttributedUsers:
    """The users to be read and written, reachable until the deadline."""
    return AttributedUsers(
        wiring._call(deadline),
        setting("USERS_TABLE"),
        setting("USER_KEYS_TABLE"),
        clock=time.time,
        new_id=wiring.new_uuid,
        new_token=wiring.new_token,
        pause=wiring.pause,
    )


def by_caller(action: Action) -> Callable[[Request, AttributedUsers], Response]:
    """The action of a handler, whose writes name the caller of the request."""

    def attributed(request: Request, users: AttributedUsers) -> Response:
        return action(request, users.by(request.caller))

    return attributed

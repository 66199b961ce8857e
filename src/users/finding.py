"""A user, or none: for code that follows users and has work to do without one too. Handlers answer a 404 instead."""

from __future__ import annotations

from users.errors import UserNotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from users.user import User


def or_none(get: Callable[[str], User]) -> Callable[[str], User | None]:
    """`get(user_id)`, giving None where it raises UserNotFound."""

    def find(user_id: str) -> User | None:
        try:
            return get(user_id)
        except UserNotFound:
            return None

    return find

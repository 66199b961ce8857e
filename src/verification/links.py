"""Links that verify an email: which user and which email one was made for, sealed so that nobody can forge it.

A link is sealed as a cursor is: it is good for a day, and its secret rotates by itself. It does not contain the email.
It holds only while the user has this email.
"""

from __future__ import annotations

from users.user import is_user_id
from utils.errors import ExpiredCursor, InvalidCursor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.cursors import Cursors


LENGTH = 55  # that every cursor has
ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def is_link(user_id: str, token: str) -> bool:
    """Whether a path has the form of a link; every link has one spelling."""
    return is_user_id(user_id) and len(token) == LENGTH and ALPHABET.issuperset(token)


class Links:
    """Makes and checks links. The secrets of `cursors` seal nothing else."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors

    def token(self, user_id: str, email: str) -> str:
        """The last part of the path of a link."""
        return self._cursors.encode(user_id, email)

    def holds(self, user_id: str, email: str, token: str) -> bool:
        """Whether a link was made for this user and this email, less than a day ago."""
        try:
            return self._cursors.decode(token, email) == user_id
        except (InvalidCursor, ExpiredCursor):
            return False

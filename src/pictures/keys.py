"""Where the objects of pictures are, and the tickets that put the uploads of a user in order.

A ticket begins with the time at which it was issued, so tickets are ordered as strings. The upload with the
latest ticket wins, whichever ends first.
"""

from __future__ import annotations

from users.user import is_user_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

UPLOADS, PICTURES = "uploads/", "pictures/"
SIZES = (128, 512)  # pixels of a side
MOST_BYTES = 5 * 1024 * 1024  # of an upload
TYPES = ("image/jpeg", "image/png", "image/webp")  # of an upload


class UploadRefused(Exception):
    """The upload is no picture that is shown; its text is the reason, in the words of a log line."""


def new_ticket(now: float, token: str) -> str:
    """A ticket; the token makes it unlike all others of the same millisecond."""
    return f"{int(now * 1000):013d}-{token}"


def later_ticket(than: str, ticket: str) -> str:
    """The ticket, or one that is later than another, whose clock may have been ahead."""
    return ticket if ticket > than else f"{than}~"


def upload_key(user_id: str, ticket: str) -> str:
    """The key of an upload, which is not checked yet."""
    return f"{UPLOADS}{user_id}/{ticket}"


def upload_in(key: str) -> tuple[str, str] | None:
    """The user and the ticket of an upload; None if the key is none of an upload."""
    match key.split("/"):
        case ["uploads", user_id, ticket] if is_user_id(user_id) and ticket:
            return user_id, ticket
    return None


def picture_keys(user_id: str, ticket: str, digest: str) -> Mapping[int, str]:
    """The keys of a picture, by size. The digest is part of them, so what is under a key never changes."""
    return {size: f"{PICTURES}{user_id}/{ticket}/{digest}-{size}.webp" for size in SIZES}


def of_user(user_id: str) -> tuple[str, str]:
    """The beginnings of all keys of a user: pictures and uploads."""
    return f"{PICTURES}{user_id}/", f"{UPLOADS}{user_id}/"


def ticket_of(key: str) -> str:
    """The ticket in the key of a picture."""
    return key.split("/")[2]

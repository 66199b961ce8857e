"""The composition root of the handlers of avatars, for a stack with pictures."""

from __future__ import annotations

import time

import wiring
from utils.config import environment, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from avatars.access import Access
    from pictures.records import PictureRecords
    from utils.deadline import Deadline


def access(deadline: Deadline) -> Access:
    """Access for a client to one object."""
    from avatars.access import Access
    from dynamodb.transport import credential_source
    from pictures.signing import bucket_from

    variables = environment()
    bucket = bucket_from(variables, setting("PICTURES_BUCKET"))
    return Access(bucket, credential_source(variables)(deadline.remaining()), time.time(), wiring.new_token())


def records(deadline: Deadline) -> PictureRecords:
    """The records of pictures."""
    from pictures.records import PictureRecords

    return PictureRecords(
        wiring._call(deadline),
        setting("PICTURES_TABLE"),
        setting("USERS_TABLE"),
        new_token=wiring.new_token,
        pause=wiring.pause,
    )


def ticket(_deadline: Deadline) -> str:
    """A ticket of this moment."""
    from pictures.keys import new_ticket

    return new_ticket(time.time(), wiring.new_token())

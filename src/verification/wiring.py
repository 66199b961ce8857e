"""The composition root of the handlers that verify emails, for a stack with mail."""

from __future__ import annotations

import time

import wiring
from users.cursors import Cursors
from utils.config import setting
from verification.emails import Verification, VerifiedEmails
from verification.links import Links
from verification.renewals import Renewals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.deadline import Deadline

_secrets: dict[int, bytes] = {}


def emails(deadline: Deadline) -> VerifiedEmails:
    """The verified emails, to be read until the deadline."""
    return VerifiedEmails(wiring._call(deadline), setting("USERS_TABLE"))


def verification(deadline: Deadline) -> Verification:
    """The part that verifies emails, until the deadline."""
    call, table = wiring._call(deadline), setting("MAIL_TABLE")
    return Verification(
        call,
        setting("USERS_TABLE"),
        table,
        Links(Cursors(call, table, clock=time.time, known=_secrets)),
        clock=time.time,
        new_token=wiring.new_token,
        pause=wiring.pause,
    )


def renewals(deadline: Deadline) -> Renewals:
    """The requests for another link, until the deadline."""
    return Renewals(wiring._call(deadline), setting("MAIL_TABLE"), clock=time.time)


def language(_deadline: Deadline) -> str:
    """The language of the pages."""
    return setting("MAIL_LANGUAGE")

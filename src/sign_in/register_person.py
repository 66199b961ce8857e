"""The trigger of the user pool: each person who confirms or signs in gets a record, or no token.

The pool calls it after a sign-up is confirmed and before it issues tokens. An error ends that, and the sign-in page
shows its text. Calling it any number of times is harmless: users.registration writes only what is not there. Each
sign-in also writes its time, and a refresh of tokens does not.
"""

from __future__ import annotations

import logging
import time

from sign_in import wiring
from users.registration import Person, SignInRefused
from utils.deadline import Deadline
from utils.errors import ServiceUnavailable
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

log = logging.getLogger("users_api")

RESERVE_SECONDS = 0.25
# The pool also calls for a password that somebody has forgotten, which registers nobody.
REGISTERING = ("PostConfirmation_ConfirmSignUp", "TokenGeneration_")
SIGNING_IN, REFRESHING = "TokenGeneration_", "TokenGeneration_RefreshTokens"


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The event as it came, which lets the pool go on. Raises SignInRefused."""
    if not event["triggerSource"].startswith(REGISTERING):
        return event
    deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    people, person = wiring.people(deadline), person_in(event)
    try:
        wiring.registration(deadline).register(person, people)
        if event["triggerSource"].startswith(SIGNING_IN) and event["triggerSource"] != REFRESHING:
            wiring.keep_sign_in(deadline)(person.subject, rfc3339(time.time()))
    except SignInRefused as error:
        log.warning("sign_in_refused", extra={"subject": event["request"]["userAttributes"]["sub"]})
        raise error from None
    except ServiceUnavailable as error:
        log.warning("sign_in_failed", extra={"cause": str(error)})
        raise SignInRefused("Sign-in is not available. Try again.") from None
    return event


def person_in(event: dict[str, Any]) -> Person:
    """The person that an event is about."""
    attributes = event["request"]["userAttributes"]
    return Person(
        attributes["sub"],
        attributes["email"],
        email_verified=attributes.get("email_verified") == "true",
        name=attributes.get("name", ""),
    )

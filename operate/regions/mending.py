"""The rules of a repair after two Regions wrote apart: who keeps an email, and what becomes of a claim.

A rule looks at three items at most: a user, the claim of its email, and the user that the claim names. Therefore a
repair needs no memory of all the others, and it can be done again.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = "nothing"
# Write the claim that the user lacks.
CLAIM = "claim"
# Give the user a claim that names somebody who has another email.
TAKE_OVER = "take over"
# Give the user a parked address.
PARK = "park"
# Give the owner of the claim a parked address, and the user the claim.
PARK_OWNER = "park owner"
# RFC 2606 keeps this domain from ever existing, so that no mail for a parked user reaches anybody.
PARKED_DOMAIN = "users.invalid"


@dataclass(frozen=True, order=True)
class Holder:
    """A user who has an email. The order is that of age: the oldest is the least."""

    created: str
    user_id: str


def of_user(user: Holder, claimed_by: str | None, owner: Holder | None) -> str:
    """Decide about a user; one of the words above.

    `claimed_by` is the user that the claim of its email names, if there is a claim. `owner` is that user, if it is
    there and has the same email.
    """
    if claimed_by is None:
        return CLAIM
    if claimed_by == user.user_id:
        return NOTHING
    if owner is None:
        return TAKE_OVER
    return PARK if keeps(user, owner) == owner else PARK_OWNER


def keeps(one: Holder, other: Holder) -> Holder:
    """The older one of two users, who keeps the email that both have."""
    return min(one, other)


def parked(user_id: str) -> str:
    """The address of a user whose email an older user keeps."""
    return f"parked-{user_id}@{PARKED_DOMAIN}"

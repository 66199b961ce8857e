"""The items of the table of mail, and the states of a letter."""

from __future__ import annotations

KEY = "key"
SENDING, SENT, REFUSED = "sending", "sent", "refused"


def letter_key(name: str) -> str:
    """The key of the record of a letter. Its name is a tag of the letter too, so it has no sign but - and _."""
    return f"letter#{name}"

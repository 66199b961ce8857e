"""The reports of SES on letters: a letter was sent, bounced, or reported as unwanted.

A bounce for good and a complaint suppress their address: no letter goes there for a year. The table keeps a hash of the
address, because the address may belong to a deleted user.
"""

from __future__ import annotations

import logging
from hashlib import sha256

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import to_item
from mail.records import KEY, SENDING, SENT, letter_key
from users.expressions import Expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

log = logging.getLogger("users_api")

SENT_EVENT, BOUNCED, COMPLAINT = "Email Sent", "Email Bounced", "Email Complaint Received"
FOR_GOOD = "Permanent"
SUPPRESSED_SECONDS = 365 * 86_400
TAG = "letter"  # the tag of a letter with the name of its record


def detail_of(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """An event of SES as consumers read events. A letter has one record and one recipient."""
    told = envelope["detail"]
    mail = told["mail"]
    [letter], [address] = mail["tags"][TAG], mail["destination"]
    return {
        "id": str(mail["messageId"]),
        "schemaVersion": 1,
        "time": str(envelope["time"]),
        "letter": str(letter),
        "address": str(address),
        "bounce": str((told.get("bounce") or {}).get("bounceType")),
    }


def address_key(address: str) -> str:
    """The key of the item that suppresses an address, in the form that SES takes."""
    return f"address#{sha256(address.lower().encode()).hexdigest()}"


class Outcomes:
    """Records what became of letters, in the table of their records."""

    def __init__(self, call: Call, table: str, clock: Callable[[], float]) -> None:
        self._call = call
        self._table = table
        self._clock = clock

    def sent(self, letter: str) -> None:
        """SES has taken the letter. This settles a record of which nobody knew it."""
        guard = Expression().require("state", "=", SENDING)
        update = guard.assignment({"state": SENT})
        try:
            self._call("UpdateItem", guard.condition(
                TableName=self._table, Key=to_item({KEY: letter_key(letter)}), UpdateExpression=update
            ))  # fmt: skip
        except ConditionalCheckFailed:
            return
        log.info("mail_settled", extra={"letter": letter})

    def suppress(self, address: str, reason: str, letter: str) -> None:
        """Send no letter to the address."""
        now = int(self._clock())
        item: dict[str, str | int] = {
            KEY: address_key(address), "reason": reason, "since": now, "expiresAt": now + SUPPRESSED_SECONDS,
        }  # fmt: skip
        self._call("PutItem", {"TableName": self._table, "Item": to_item(item)})
        log.warning("mail_suppressed", extra={"letter": letter, "reason": reason})

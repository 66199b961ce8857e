"""Sends each letter once. SES has no token that tells a repetition, so a table has a record of each letter.

The record is `sending` before SES is asked and `sent` after its answer. A record that stays `sending` belongs to a
letter that SES may have sent: the process ended, or no answer came. It is not sent again. The event of SES that says
that the letter was sent settles the record (mail.outcomes); the message comes again until then, and in the end goes to
the dead-letter queue. A refusal for good is recorded. After any other refusal the record goes, and the letter is tried
again.
"""

from __future__ import annotations

import logging

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from mail.letters import content, mailbox
from mail.outcomes import address_key
from mail.records import KEY, REFUSED, SENDING, SENT, letter_key
from users.foreign import NAMESPACE
from utils.metrics import one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from mail.letters import Content, Letter

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

    class Refusal(Protocol):
        """Why the service took no letter."""

        code: str
        for_good: bool
        uncertain: bool

    class Service(Protocol):
        """Takes letters; see adapters.mail."""

        def send(self, name: str, address: str, content: Content) -> Refusal | None:
            """Send once; None if the service took it. Its reports have the name of the letter."""


log = logging.getLogger("users_api")

KEPT_SECONDS = 30 * 86_400  # longer than any queue keeps a message
SEND_SECONDS = 3.5  # a connection, a response, and the record of the result


class NotSent(Exception):
    """No letter can be sent now; the message comes again."""


class Unsettled(Exception):
    """Nobody knows yet whether the service sent the letter; the message comes again."""


class Outgoing:
    """Letters by one service, with their records in one table. `link(user, email)` lets the user verify the email.

    `remaining()` is the time in seconds that the function still has. `new_token()` is a text that is never repeated.
    """

    def __init__(
        self,
        call: Call,
        table: str,
        service: Service,
        language: str,
        *,
        link: Callable[[str, str], str],
        clock: Callable[[], float],
        remaining: Callable[[], float],
        new_token: Callable[[], str],
    ) -> None:
        self._call = call
        self._table = table
        self._service = service
        self._language = language
        self._link = link
        self._clock = clock
        self._remaining = remaining
        self._new_token = new_token

    def send(self, event_id: str, letter: Letter) -> None:
        """Send a letter, unless that is done. Raises NotSent, Unsettled."""
        name = f"{event_id}_{letter.purpose}"
        address = mailbox(letter.address)
        # First, because nothing but the service is to fail while the record is `sending`.
        text, suppressed = self._content(letter), address is not None and self._suppressed(address)
        if self._remaining() < SEND_SECONDS:  # the end of the function would leave the record `sending`
            raise NotSent("TimeIsUp")
        if not self._begin(name):
            return
        if address is None or suppressed:
            self._settle(name, REFUSED, "Suppressed" if suppressed else "AddressNotSupported")
            return
        refusal = self._service.send(name, address, text)
        if refusal is None:
            self._settle(name, SENT)
        else:
            self._refused(name, refusal)

    def _refused(self, name: str, refusal: Refusal) -> None:
        if refusal.uncertain:
            raise Unsettled(refusal.code)
        if not refusal.for_good:
            self._call("DeleteItem", {"TableName": self._table, "Key": to_item({KEY: letter_key(name)})})
            raise NotSent(refusal.code)
        self._settle(name, REFUSED, refusal.code)
        counted = one(NAMESPACE, "MailRefused", MailTable=self._table)
        log.warning("mail_refused_by_service", extra={"letter": name, "code": refusal.code, **counted})

    def _content(self, letter: Letter) -> Content:
        link = self._link(letter.verifies, letter.address) if letter.verifies else ""
        return content(letter, self._language, link)

    def _suppressed(self, address: str) -> bool:
        key = to_item({KEY: address_key(address)})
        return "Item" in self._call("GetItem", {"TableName": self._table, "Key": key, "ConsistentRead": True})

    def _begin(self, name: str) -> bool:
        """Record that this invocation sends the letter; False if that is done. Raises Unsettled."""
        now, token = int(self._clock()), self._new_token()
        record: dict[str, str | int] = {
            KEY: letter_key(name), "state": SENDING, "since": now, "expiresAt": now + KEPT_SECONDS, "lastWrite": token,
        }  # fmt: skip
        try:
            self._call("PutItem", {
                "TableName": self._table,
                "Item": to_item(record),
                "ConditionExpression": "attribute_not_exists(#key)",
                "ExpressionAttributeNames": {"#key": KEY},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            })  # fmt: skip
        except ConditionalCheckFailed as error:
            found = from_item(error.item or {})
            if found.get("state") != SENDING:
                return False
            if found.get("lastWrite") != token:
                raise Unsettled from None
            # the write of this invocation, whose response was lost: the client tried again
        return True

    def _settle(self, name: str, state: str, code: str = "") -> None:
        self._call("UpdateItem", {
            "TableName": self._table,
            "Key": to_item({KEY: letter_key(name)}),
            "UpdateExpression": "SET #state = :state, code = :code",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_item({":state": state, ":code": code}),
        })  # fmt: skip
        log.info(f"mail_{state}", extra={"letter": name, "code": code})

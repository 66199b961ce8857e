"""Sends each letter once. SES has no token that tells a repetition, so a table has a record of each letter.

The record is `sending` before SES is asked and `sent` after its answer. A record that stays `sending` belongs to a
letter that SES may have sent: the process ended, or no answer came. It is not sent again, because a person can look
and decide: its event goes to the dead-letter queue. A refusal for good is recorded. After any other refusal the record
goes, and the letter is tried again.
"""

from __future__ import annotations

import logging

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from mail.letters import content, mailbox

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

        def send(self, address: str, content: Content) -> Refusal | None:
            """Send once; None if the service took it."""


log = logging.getLogger("users_api")

# A message comes again after 60 s: whoever had the letter before has ended by then.
IN_WORK_SECONDS = 30
KEPT_SECONDS = 30 * 86_400  # longer than any queue keeps a message
SENDING, SENT, REFUSED = "sending", "sent", "refused"


class InWork(Exception):
    """Another invocation is sending the letter; the message comes again."""


class NotSent(Exception):
    """The service takes no letter now; the message comes again."""


class Uncertain(Exception):
    """Nobody knows whether the service sent the letter."""


class Outgoing:
    """Letters by one service, with their records in one table."""

    def __init__(self, call: Call, table: str, service: Service, language: str, clock: Callable[[], float]) -> None:
        self._call = call
        self._table = table
        self._service = service
        self._language = language
        self._clock = clock

    def send(self, event_id: str, letter: Letter) -> None:
        """Send a letter, unless that is done. Raises InWork, NotSent, Uncertain."""
        key = f"{event_id}#{letter.purpose}"
        if not self._begin(key):
            return
        address = mailbox(letter.address)
        if address is None:
            self._settle(key, REFUSED, "AddressNotSupported")
            return
        refusal = self._service.send(address, content(letter, self._language))
        if refusal is None:
            self._settle(key, SENT)
        elif refusal.uncertain:
            raise Uncertain(refusal.code)
        elif refusal.for_good:
            self._settle(key, REFUSED, refusal.code)
        else:
            self._call("DeleteItem", {"TableName": self._table, "Key": to_item({"letter": key})})
            raise NotSent(refusal.code)

    def _begin(self, key: str) -> bool:
        """Record that this invocation sends the letter; False if that is done."""
        now = int(self._clock())
        record: dict[str, str | int] = {"letter": key, "state": SENDING, "since": now, "expiresAt": now + KEPT_SECONDS}
        try:
            self._call("PutItem", {
                "TableName": self._table,
                "Item": to_item(record),
                "ConditionExpression": "attribute_not_exists(letter)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            })  # fmt: skip
        except ConditionalCheckFailed as error:
            found = from_item(error.item or {})
            if found.get("state") != SENDING:
                return False
            if now - int(found["since"]) < IN_WORK_SECONDS:
                raise InWork from None
            raise Uncertain from None
        return True

    def _settle(self, key: str, state: str, code: str = "") -> None:
        self._call("UpdateItem", {
            "TableName": self._table,
            "Key": to_item({"letter": key}),
            "UpdateExpression": "SET #state = :state, code = :code",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": to_item({":state": state, ":code": code}),
        })  # fmt: skip
        log.info(f"mail_{state}", extra={"letter": key, "code": code})

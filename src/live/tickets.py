"""Tickets: secrets that open one connection each, within a minute.

A browser cannot send an API key with a WebSocket handshake. A client therefore requests a ticket from the REST API,
which checks the key, and presents the ticket in the handshake. The table has only the digest of a ticket.
"""

from __future__ import annotations

from hashlib import sha256

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import to_item
from live.errors import TicketRefused
from live.table import ticket_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from live.table import Call

SECONDS = 60
SECRET_BYTES = 32


class Tickets:
    """The tickets in one table. `secret(size)` returns random bytes."""

    def __init__(self, call: Call, table: str, clock: Callable[[], float], secret: Callable[[int], bytes]) -> None:
        self._call = call
        self._table = table
        self._clock = clock
        self._secret = secret

    def issue(self, caller: str, only: str = "") -> tuple[str, int]:
        """A new ticket for a caller, and the second at which it expires. `only` is the one user that it opens."""
        ticket = self._secret(SECRET_BYTES).hex()
        expires = int(self._clock()) + SECONDS
        values: dict[str, str | int] = {"caller": caller, "expiresAt": expires, **({"only": only} if only else {})}
        item = {**ticket_key(_digest(ticket)), **to_item(values)}
        self._call("PutItem", {"TableName": self._table, "Item": item})
        return ticket, expires

    def redeem(self, ticket: str) -> tuple[str, str, int]:
        """Whom a ticket was issued to, the one user that it opens, or "" for all, and the second of its issue.

        The database deletes the ticket, so it is good once. Raises TicketRefused.
        """
        request = {
            "TableName": self._table,
            "Key": ticket_key(_digest(ticket)),
            "ConditionExpression": "expiresAt > :now",
            "ExpressionAttributeValues": to_item({":now": int(self._clock())}),
            "ReturnValues": "ALL_OLD",
        }
        try:
            item = self._call("DeleteItem", request)["Attributes"]
        except ConditionalCheckFailed:
            raise TicketRefused from None
        issued = int(item["expiresAt"]["N"]) - SECONDS
        return str(item["caller"]["S"]), str(item.get("only", {}).get("S", "")), issued


def _digest(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()

"""The errors of a DynamoDB call.

DynamoDBError
  ConditionalCheckFailed   the condition of a single write did not hold
  TransactionCanceled      a transaction did nothing; its reasons say why
  Throttled                throttling or contention that outlasted the retries
  Unavailable              no usable response in time: connect, reset, timeout, 5xx, deadline
  RequestRejected          everything else: validation, access denied, no such table, ...
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ConfigurationError(Exception):
    """The settings ask for something this client cannot do; raised before anything is sent."""


class NoResponse(Exception):
    """A transport got no usable answer.

    `sent` is False only when the request cannot have taken effect. `stale` says that a kept connection turned out
    to be dead before any byte of the answer, which says nothing of DynamoDB: another attempt may follow at once.
    """

    def __init__(self, message: str, *, sent: bool, stale: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.stale = stale


class DynamoDBError(Exception):
    """`code` is DynamoDB's own code if it responded, else one of ours; then `status` is 0.

    `uncertain` says that an attempt of this call ended without a response and may have taken effect.
    """

    request_id = ""
    retry = ""  # the kind of retry it calls for (dynamodb.retries), "" for none
    retry_after: float | None = None  # seconds DynamoDB asked to wait

    def __init__(self, code: str, message: str = "", status: int = 0, *, uncertain: bool = False) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status
        self.uncertain = uncertain


class ConditionalCheckFailed(DynamoDBError):
    """`item` is the low-level item that failed the condition: None if there is none or it was not asked for."""

    item: dict[str, Any] | None = None


class TransactionCanceled(DynamoDBError):
    """`reasons` are in the order of the transaction's actions: {"Code", "Message"?, "Item"?}."""

    reasons: list[dict[str, Any]] = []  # noqa: RUF012 - set on every instance


class Throttled(DynamoDBError):
    """DynamoDB asked for less, or items were contended, until the retries were spent."""


class Unavailable(DynamoDBError):
    """No usable answer in time."""


class RequestRejected(DynamoDBError):
    """DynamoDB understood and refused; sending it again would not help."""

"""From what a transport brought, or did not, to the error it is."""

from __future__ import annotations

from dynamodb import retries
from dynamodb.errors import (
    ConditionalCheckFailed,
    DynamoDBError,
    NoResponse,
    RequestRejected,
    Throttled,
    TransactionCanceled,
    Unavailable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def unanswered(error: NoResponse, sent_before: bool) -> Unavailable:
    """No answer came. `sent_before`: the request had also gone out over a connection that turned out dead."""
    failure = Unavailable("NoResponse", str(error), uncertain=error.sent or sent_before)
    failure.retry = retries.TRANSIENT
    return failure


def refused(status: int, headers: Mapping[str, str], members: dict[str, Any], sent_before: bool) -> DynamoDBError:
    """DynamoDB, or something on the way to it, answered with another status than 200."""
    code = str(members.get("__type") or status).split(":", 1)[0].rsplit("#", 1)[-1]
    kind = retries.kind(status, code)
    error = _typed(code, kind, members)(code, str(members.get("message") or members.get("Message") or ""), status)
    error.uncertain = sent_before or status >= 500
    error.request_id = headers.get("x-amzn-requestid", "")
    error.retry = kind
    error.retry_after = _retry_after(headers)
    if isinstance(error, ConditionalCheckFailed):
        error.item = members.get("Item")
    elif isinstance(error, TransactionCanceled):
        error.reasons = members.get("CancellationReasons") or []
    return error


def _typed(code: str, kind: str, members: dict[str, Any]) -> type[DynamoDBError]:
    if code == "ConditionalCheckFailedException":
        return ConditionalCheckFailed
    if code == "TransactionCanceledException":
        return TransactionCanceled
    if kind == retries.THROTTLING or code in retries.CONTENTION_CODES:
        return Throttled
    return Unavailable if kind else RequestRejected


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("x-amz-retry-after", "")
    return int(text) / 1000 if text.isascii() and text.isdigit() else None

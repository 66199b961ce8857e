"""Several writes as one: made together or not at all, however often the asking has to be repeated."""

from __future__ import annotations

from dynamodb.errors import TransactionCanceled
from utils.errors import RequestInProgress, ServiceUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from users.items import Action
    from users.reading import Call

    Refused = dict[str, dict[str, Any]]

# How often a write that met another one is tried again, with a pause that grows, before the client is told to.
TRIES = 8

# Cancellation reasons that say nothing about the request: another transaction was there, or too much was asked.
CONTENDED = frozenset(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])


def transact(call: Call, actions: Mapping[str, Action], token: str, pause: Callable[[int], None]) -> Refused:
    """Make all the actions or none; by name, the cancellation reasons of those whose condition did not hold.

    `token` makes a repetition the same transaction. A failed condition counts only if no action met a conflict: while
    another transaction runs, one of its items may be visible already and the next not yet. After a conflict the
    transaction is tried again after `pause(attempt)`, and in the end raises RequestInProgress or ServiceUnavailable.
    """
    request = {"TransactItems": list(actions.values()), "ClientRequestToken": token}
    for attempt in range(TRIES):
        try:
            call("TransactWriteItems", request)
        except TransactionCanceled as error:
            reasons = dict(zip(actions, error.reasons, strict=True))
            if not any(reason["Code"] in CONTENDED for reason in reasons.values()):
                return _refused(reasons, error)
            pause(attempt)
        else:
            return {}
    raise RequestInProgress if reasons.get("record", {}).get("Code") == "TransactionConflict" else ServiceUnavailable


def _refused(reasons: Refused, error: TransactionCanceled) -> Refused:
    refused = {name: reason for name, reason in reasons.items() if reason["Code"] == "ConditionalCheckFailed"}
    if not refused:
        raise error
    return refused

"""The table of receipts: one item for each erased user, which is also the job that erases them.

`turn` rises each time when there is work to do. The stream of the table passes it on as a message, and only the message
of the current turn has an effect. `saves` rises with each write and is its condition, so that two functions that work
on one erasure do not overwrite each other's counts. `round` counts how often it has gone through the places.
"""

from __future__ import annotations

import json

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from erasing.person import Person
from users.expressions import Expression
from users.reading import available
from users.user import user_key
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from users.reading import Call

    Receipt = dict[str, Any]
    Progress = dict[str, dict[str, Any]]

RUNNING, COMPLETED = "running", "completed"
# A turn takes some seconds. Its message comes five times in about five minutes, and is then in the dead-letter queue.
STALLED_SECONDS = 15 * 60
# The controller must be able to show what was done (GDPR, article 5.2) for as long as it can be asked.
KEPT_SECONDS = 3 * 365 * 86_400


class Overtaken(Exception):
    """Another function has written the receipt meanwhile. The message comes again, and then finds its turn over."""


class Receipts:
    """The receipts of one table. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str, clock: Callable[[], float]) -> None:
        self._call, self._table, self._clock = available(call), table, clock

    def get(self, user_id: str) -> Receipt | None:
        """The receipt as it is now."""
        request = {"TableName": self._table, "Key": user_key(user_id), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        return from_item(item) if item else None

    def begin(self, person: Person) -> Receipt:
        """The receipt of a new erasure, or of the one that is there."""
        now = self._clock()
        receipt: Receipt = {
            "userId": person.user_id,
            "status": RUNNING,
            "turn": 1,
            "saves": 1,
            "round": 1,
            "dueAt": int(now),
            "requestedAt": rfc3339(now),
            "caller": person.caller,
            "subject": person.subject,
            "address": person.address,
            "userVersion": person.version,
            "progress": "{}",
        }
        absent = Expression().require_absent("userId")
        try:
            self._call("PutItem", absent.condition(TableName=self._table, Item=to_item(receipt)))
        except ConditionalCheckFailed as error:
            return from_item(error.item or {})
        return receipt

    def again(self, receipt: Receipt) -> None:
        """Go through all places once more; or go on, if the message of the turn is lost. Raises Overtaken."""
        progress = progress_of(receipt)
        if receipt["status"] == COMPLETED:
            self.save(receipt, renewed(progress), status=RUNNING, round=1, **self.next_turn(receipt))
        elif receipt["dueAt"] < self._clock() - STALLED_SECONDS:
            self.save(receipt, progress, **self.next_turn(receipt))

    def next_turn(self, receipt: Receipt, seconds: int = 0) -> dict[str, int]:
        """The changes of a receipt by which its erasure goes on, after so many seconds."""
        return {"turn": receipt["turn"] + 1, "dueAt": int(self._clock()) + seconds}

    def save(self, receipt: Receipt, progress: Progress, **changes: str | int) -> None:
        """Write the receipt, which is changed in place too. Raises Overtaken."""
        new = {**receipt, **changes, "progress": json.dumps(progress), "saves": receipt["saves"] + 1}
        item = to_item(new)
        unchanged = Expression().require("saves", "=", receipt["saves"])
        try:
            self._call("PutItem", unchanged.condition(TableName=self._table, Item=item))
        except ConditionalCheckFailed as error:
            if error.item != item:  # the response to an earlier attempt may have been lost
                raise Overtaken from None
        receipt.update(new)


def person_of(receipt: Receipt) -> Person:
    """Whom a receipt is about."""
    return Person(
        str(receipt["userId"]),
        subject=str(receipt["subject"]),
        address=str(receipt["address"]),
        version=int(receipt["userVersion"]),
        caller=str(receipt["caller"]),
    )


def progress_of(receipt: Receipt) -> Progress:
    """For each place: `erased` counts, `at` is the time of the last look, and `done` says that a round is over there.

    While a round goes on, `after` is where its next page begins, and `page` counts what that page had.
    """
    found: Progress = json.loads(receipt["progress"])
    return found


def renewed(progress: Progress) -> Progress:
    """The progress at the start of another round: the counts go on."""
    return {name: {"erased": each["erased"], "at": each.get("at", "")} for name, each in progress.items()}

"""Requests for another link that verifies an email: few per user, and each is one letter.

A request is a write of an item of the user and the day. The stream of the table passes it on to who sends mail. The
condition of the write is the limit, so requests at once count as one.
"""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from users.expressions import Expression
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from users.reading import Call

PREFIX = "renewal#"
DAY = 86_400  # seconds
MOST_A_DAY = 5  # letters to one user, per day of UTC
APART_SECONDS = 600  # of two requests of a day that count


class Renewals:
    """Requests in one table. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, table: str, clock: Callable[[], float]) -> None:
        self._call, self._table, self._clock = call, table, clock

    def ask(self, user_id: str) -> None:
        """Ask for one letter, unless one was asked for a moment ago, or too many today."""
        now = int(self._clock())
        day = now // DAY
        guard = Expression()
        guard.require_absent("asked", ("asked", "<", MOST_A_DAY))
        guard.require_absent("asked", ("askedAt", "<=", now - APART_SECONDS))
        update = guard.assignment({"askedAt": now, "expiresAt": (day + 2) * DAY})
        update = f"{update} ADD {guard.name('asked')} {guard.value(1)}"
        key = to_item({"key": f"{PREFIX}{user_id}#{day}"})
        try:
            self._call("UpdateItem", guard.condition(TableName=self._table, Key=key, UpdateExpression=update))
        except ConditionalCheckFailed:
            return


def renewal_in(record: Any) -> dict[str, Any] | None:
    """The content of the request in a record of the table's stream; None if it has none.

    Its id is the user, the day, and the number of the request on that day.
    """
    item = from_item(record["dynamodb"].get("NewImage") or {})
    key = str(item.get("key", ""))
    if not key.startswith(PREFIX):
        return None
    user_id, _, day = key.removeprefix(PREFIX).partition("#")
    return {
        "id": f"{user_id}_{day}_{item['asked']}",
        "schemaVersion": 1,
        "time": rfc3339(int(item["askedAt"])),
        "userId": user_id,
    }

"""The log of recent messages, from which a client that was away receives what it missed.

Each attempt to push a message writes it into the log first, at the time of the attempt, and then reads the subscribers.
A client that subscribes does the opposite: it writes its subscription, and then the log is read. One of the two always
sees the other, however they overlap. An attempt takes at most ten seconds. A message that a client missed is therefore
at most OVERLAP_SECONDS older in the log than the last one that it received. The log is read from there, and a client
ignores the messages that it has had.
"""

from __future__ import annotations

from dynamodb.pages import pages
from dynamodb.values import from_item, to_item
from live.table import LOG, key, under

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from live.table import Call

OVERLAP_SECONDS = 30  # the time of one attempt, and differences between clocks
KEPT_SECONDS = 60 * 60
MOST_READ = 2000  # messages of the log for one subscription
MOST_SENT = 200  # of them to one client: a message of API Gateway has at most 128 KB


class Recent:
    """The log in one table. Places in it are milliseconds since the epoch."""

    def __init__(self, call: Call, table: str, clock: Callable[[], float]) -> None:
        self._call = call
        self._table = table
        self._clock = clock

    def now(self) -> int:
        """The place at which the log ends."""
        return int(self._clock() * 1000)

    def append(self, event_id: str, user_id: str, message: str) -> int:
        """Add a message about a user; its place."""
        place = self.now()
        values: dict[str, str | int] = {
            "userId": user_id,
            "message": message,
            "expiresAt": place // 1000 + KEPT_SECONDS + OVERLAP_SECONDS,
        }
        item = {**key(LOG, f"{_text(place)}#{event_id}"), **to_item(values)}
        self._call("PutItem", {"TableName": self._table, "Item": item})
        return place

    def since(self, place: int, user_id: str | None = None) -> list[tuple[int, str]] | None:
        """The messages that a client may have missed after a place, of one user or of all, each with its own place.

        None if the log does not tell: the place is too old or too new, or the messages are too many.
        """
        if not self.now() - KEPT_SECONDS * 1000 <= place <= self.now() + OVERLAP_SECONDS * 1000:
            return None
        items = self._items(place - OVERLAP_SECONDS * 1000)
        found = [from_item(item) for item in items or ()]
        wanted = [each for each in found if user_id in (None, each["userId"])]
        if items is None or len(wanted) > MOST_SENT:
            return None
        return [(int(str(each["place"]).partition("#")[0]), str(each["message"])) for each in wanted]

    def _items(self, place: int) -> list[dict[str, Any]] | None:
        """The items of the log from a place on; None if they are too many."""
        query = under(self._table, LOG, Limit=MOST_READ)
        query["KeyConditionExpression"] += " AND place >= :place"
        query["ExpressionAttributeValues"] = to_item({":key": LOG, ":place": _text(place)})
        items: list[dict[str, Any]] = []
        for page in pages(self._call, "Query", query):
            items += page["Items"]
            if len(items) >= MOST_READ and "LastEvaluatedKey" in page:
                return None
        return items


def _text(place: int) -> str:
    """A place as text that sorts."""
    return f"{place:015d}"

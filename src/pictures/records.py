"""The records that say which picture a user has, one for each user, in their own table.

A record has the ticket of the newest picture and its digest. A record without a digest says that the picture was
removed: an upload with an earlier ticket does not bring it back. The stream of the table is what removes objects.
"""

from __future__ import annotations

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from pictures.errors import AvatarNotFound
from pictures.keys import later_ticket
from users.expressions import Expression
from users.reading import available
from users.transaction import transact
from users.user import user_key
from utils.errors import ServiceUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from users.reading import Call

    Record = Mapping[str, Any]

# How often a removal that met another change of the record is tried again.
TRIES = 4


class PictureRecords:
    """The records of one table. `call(operation, request)` is the DynamoDB API."""

    def __init__(
        self, call: Call, table: str, users_table: str, new_token: Callable[[], str], pause: Callable[[int], None]
    ) -> None:
        self._call = available(call)
        self._table = table
        self._users = users_table
        self._new_token = new_token
        self._pause = pause

    def find(self, user_id: str) -> Record:
        """The record of a user's picture: `ticket` and `digest`. Raises AvatarNotFound."""
        request = {"TableName": self._table, "Key": user_key(user_id), "ConsistentRead": True}
        record = from_item(self._call("GetItem", request).get("Item") or {})
        if "digest" not in record:
            raise AvatarNotFound
        return record

    def point(self, user_id: str, ticket: str, digest: str) -> bool:
        """Make this the picture of the user. False if the user is gone, or has one with a later ticket."""
        newer = Expression().require_absent("userId", ("ticket", "<", ticket))
        record = to_item({"userId": user_id, "ticket": ticket, "digest": digest})
        there = Expression().require_exists("userId")
        actions = {
            "user": {"ConditionCheck": there.condition(TableName=self._users, Key=user_key(user_id))},
            "picture": {"Put": newer.condition(TableName=self._table, Item=record)},
        }
        refused = transact(self._call, actions, self._new_token(), self._pause)
        if not refused:
            return True
        # A repetition finds its own record, and the user is there.
        return "user" not in refused and refused["picture"].get("Item") == record

    def remove(self, user_id: str, ticket: str) -> None:
        """Remove the user's picture, and that of each upload with an earlier ticket. Raises AvatarNotFound."""
        for attempt in range(TRIES):
            found = str(self.find(user_id)["ticket"])
            mark = later_ticket(found, ticket)
            if self._replace(user_id, found, mark):
                return
            self._pause(attempt)
        raise ServiceUnavailable

    def _replace(self, user_id: str, found: str, mark: str) -> bool:
        """Put a record without a picture in the place of that with the ticket `found`."""
        record = to_item({"userId": user_id, "ticket": mark})
        condition = Expression().require("ticket", "=", found)
        try:
            self._call("PutItem", condition.condition(TableName=self._table, Item=record))
        except ConditionalCheckFailed as error:  # the response to an earlier attempt may have been lost
            return error.item == record
        return True

    def forget(self, user_id: str) -> None:
        """Delete the record of a user that is gone."""
        self._call("DeleteItem", {"TableName": self._table, "Key": user_key(user_id)})

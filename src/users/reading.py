"""Reading users. Its own module because most requests do nothing else, and what is not loaded is not waited for."""

from __future__ import annotations

from dynamodb.errors import Throttled, Unavailable
from users.user import NOT_OURS, is_user_id, user_key, whole_user
from utils.errors import ServiceUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from users.errors import UserNotFound
    from users.user import Item, User

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]


class AnswerLost(ServiceUnavailable):
    """The call ended without a response and may have taken effect."""


def available(call: Call) -> Call:
    """`call`, raising ServiceUnavailable where the database was throttled or out of reach until time ran out."""

    def answered(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return call(operation, request)
        except (Throttled, Unavailable) as error:
            raise (AnswerLost if error.uncertain else ServiceUnavailable) from error

    return answered


class UserReader:
    """The users of one table, to be read. `call(operation, request)` is the DynamoDB API."""

    def __init__(self, call: Call, users_table: str) -> None:
        self._call = available(call)
        self._users = users_table

    def get(self, user_id: str) -> User:
        """The user as it is now. Raises UserNotFound."""
        check_id(user_id)
        item = self._item(user_id)
        if not item:
            raise not_found()
        try:
            return whole_user(item)
        except NOT_OURS:
            from users.foreign import found

            return found(self._users, item)

    def list(self, limit: int, after: str | None = None) -> tuple[list[User], str | None]:
        """Up to `limit` users in the table's own order, and the id to continue after while there are more.

        One extra item is read, so that "more" is a fact and not a guess. Items that are not users are left out.
        """
        request: dict[str, Any] = {"TableName": self._users, "Limit": limit + 1, "ConsistentRead": True}
        if after:
            request["ExclusiveStartKey"] = user_key(after)
        page = self._call("Scan", request)
        try:
            users = [_listed(item) for item in page["Items"]]
        except NOT_OURS:
            from users.foreign import full_page

            return full_page(self._call, request, page)
        if len(users) > limit:
            users = users[:limit]
            return users, users[-1]["userId"]
        more = page.get("LastEvaluatedKey")
        return users, more["userId"]["S"] if more else None

    def _item(self, user_id: str) -> Item | None:
        request = {"TableName": self._users, "Key": user_key(user_id), "ConsistentRead": True}
        return self._call("GetItem", request).get("Item")


def _listed(item: Item) -> User:
    user = whole_user(item)
    if not is_user_id(user["userId"]):
        raise ValueError
    return user


def user_from(item: Item) -> User:
    """The user in an item. If another tool wrote the item, the user may lack fields."""
    try:
        return whole_user(item)
    except NOT_OURS:
        from users.foreign import user_in  # the items of most tables are all ours

        return user_in(item)


def check_id(user_id: str) -> None:
    """A path that is no user's id names no user; the database need not be asked. Raises UserNotFound."""
    if not is_user_id(user_id):
        raise not_found()


def not_found() -> UserNotFound:
    """No user has the id that was asked for."""
    from users.errors import UserNotFound  # most are found

    return UserNotFound()

"""All users, read in segments by several readers at once."""

from __future__ import annotations

from users.reading import _listed
from users.user import NOT_OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from users.user import Item, User

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]


def users_of_segment(call: Call, table: str, segment: int, segments: int) -> Iterator[User]:
    """The users of one of `segments` segments, which have every user once. Items that are not users are left out."""
    request: dict[str, Any] = {
        "TableName": table,
        "Segment": segment,
        "TotalSegments": segments,
        "ConsistentRead": True,
    }
    while True:
        page = call("Scan", request)
        yield from _users(table, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _users(table: str, items: list[Item]) -> Iterator[User]:
    for item in items:
        try:
            yield _listed(item)
        except NOT_OURS:
            from users.foreign import is_user, left_out, user_in

            user = user_in(item)
            if is_user(user):
                yield user
            else:
                left_out(table, [item["userId"]["S"]])

"""Users by email, by words, in order and counted. The index says where they are, and the users' table what they are."""

from __future__ import annotations

from itertools import islice

from dynamodb.values import to_item
from search.entries import COUNTERS, counter_key
from search.walk import Walk
from search.words import SERVED, Rule
from users.email_address import LONGEST, canonical
from users.items import email_key
from users.reading import available
from users.user import NOT_OURS, user_key, whole_user
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from search.query import Query, Rank
    from users.reading import Call
    from users.user import Item, User

MOST_AT_ONCE = 100  # items of one BatchGetItem


class Place:
    """The end of a page: when the first of all pages was read, and the position of the last entry."""

    __slots__ = ("rank", "started")

    def __init__(self, started: str, rank: Rank) -> None:
        self.started, self.rank = started, rank


class Finder:
    """Finds users. `call(operation, request)` is the DynamoDB API."""

    def __init__(
        self,
        call: Call,
        users_table: str,
        keys_table: str,
        search_table: str,
        clock: Callable[[], float],
        rule: Rule = SERVED,
    ) -> None:
        self._call, self._clock, self._rule = available(call), clock, rule
        self._users, self._keys, self._search = users_table, keys_table, search_table

    def by_email(self, email: str) -> User | None:
        """The user that has an email, in any spelling of it. It is as consistent as a read of one user."""
        if not 0 < len(email) <= LONGEST:
            return None
        key = to_item({"key": email_key(email)})
        claim = self._call("GetItem", {"TableName": self._keys, "Key": key, "ConsistentRead": True}).get("Item")
        if not claim:
            return None
        request = {"TableName": self._users, "Key": user_key(claim["userId"]["S"]), "ConsistentRead": True}
        user = _user_in(self._call("GetItem", request).get("Item"))
        # the user may have changed its email after the first read
        return user if user and canonical(user["email"]) == canonical(email) else None

    def page(self, query: Query, limit: int, after: Place | None) -> tuple[list[User], Place | None]:
        """Up to `limit` users that are found now, and where to continue while there may be more."""
        started = after.started if after else rfc3339(self._clock())
        walk = Walk(self._call, self._search, query, limit, started)
        entries = walk.entries(after.rank if after else None)
        users: dict[str, User] = {}
        last: Rank | None = None
        while batch := list(islice(entries, min(limit + 1 - len(users), MOST_AT_ONCE))):
            known = self._looked_up([entry.user_id for _, entry in batch])
            for rank, entry in batch:
                user = known.get(entry.user_id)
                if user and query.matches(user):
                    if len(users) == limit and entry.user_id not in users and last:
                        return list(users.values()), Place(started, last)
                    users[entry.user_id] = user
                last = rank
        return list(users.values()), Place(started, walk.at) if walk.worn_out and walk.at else None

    def total(self) -> tuple[int, str]:
        """How many users the index has, and when it counted the last change."""
        keys = [dict(zip(("shard", "place"), counter_key(each, self._rule), strict=True)) for each in range(COUNTERS)]
        items = list(self._items(self._search, [to_item(key) for key in keys]))
        times = [item["countedAt"]["S"] for item in items]
        return sum(int(item["total"]["N"]) for item in items), max(times, default=rfc3339(self._clock()))

    def _looked_up(self, user_ids: Sequence[str]) -> dict[str, User]:
        keys = [user_key(user_id) for user_id in dict.fromkeys(user_ids)]
        users = map(_user_in, self._items(self._users, keys))
        return {user["userId"]: user for user in users if user}

    def _items(self, table: str, keys: Sequence[dict[str, Any]]) -> Iterator[Item]:
        """The items with these keys that are there, read consistently."""
        waiting = list(keys)
        while waiting:
            request = {"RequestItems": {table: {"Keys": waiting, "ConsistentRead": True}}}
            answer = self._call("BatchGetItem", request)
            yield from answer["Responses"].get(table, [])
            waiting = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])


def _user_in(item: Item | None) -> User | None:
    """The user in an item, if it has one."""
    if not item:
        return None
    try:
        return whole_user(item)
    except NOT_OURS:
        from users.foreign import is_user, user_in  # another tool wrote it

        user = user_in(item)
        return user if is_user(user) else None

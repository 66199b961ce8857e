"""The index of the search, written: what it has of a user becomes what the table of users has.

The head of a user has a revision, which rises with each write of the user's items. A write reads the head, then the
user, and has the revision as its condition. A writer that comes late, twice or in any order therefore writes the newest
state or nothing. A deleted user leaves a head without personal data, which expires. It is written even where there was
no head: a writer may have read the user before it was deleted, and must find that its turn is over.
"""

from __future__ import annotations

from dynamodb.values import from_item, to_item
from search.entries import PLACING, counter_of, head_key, head_of, said_of, words_in
from search.words import SERVED, Rule
from users.expressions import Expression
from users.transaction import TRIES, transact
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from search.entries import Key, Values
    from users.items import Action
    from users.reading import Call
    from users.user import User

# How long a head without a user is there. No writer is that late.
GONE_SECONDS = 24 * 60 * 60
TIMES = ("placedAt", "namedAt")
WRITTEN = (*TIMES, "revision", "shard", "place", "createdShard", "createdPlace", "nameShard", "namePlace")


class NotFollowed(Exception):
    """Other writers came first each time; the message comes again."""


class SearchIndex:
    """The index of one rule, in a table. `find(user_id)` reads a user consistently; it gives None if there is none."""

    def __init__(
        self,
        call: Call,
        table: str,
        find: Callable[[str], User | None],
        *,
        clock: Callable[[], float],
        new_token: Callable[[], str],
        pause: Callable[[int], None],
        rule: Rule = SERVED,
    ) -> None:
        self.rule = rule
        self._call, self._table, self._find = call, table, find
        self._clock, self._new_token, self._pause = clock, new_token, pause

    def follow(self, user_id: str, anew: bool = False) -> bool:
        """Bring the items of a user to its newest state; whether anything was written. Raises NotFollowed.

        With `anew`, all items are written, even if the head says that they are right.
        """
        for attempt in range(TRIES):
            head = self.head(user_id)  # before the user, so that the state is at least as new as the head
            user = self._find(user_id)
            said = said_of(user, self.rule) if user else {}
            if said and said == said_in(head) and not anew:
                return False
            actions = self._actions(user_id, head, said, anew)
            refused = transact(self._call, actions, self._new_token(), self._pause)
            if not refused:
                return True
            self._pause(attempt)
        raise NotFollowed

    def head(self, user_id: str) -> Values:
        """The head of a user; empty if there is none."""
        request = {"TableName": self._table, "Key": _key(head_key(user_id, self.rule)), "ConsistentRead": True}
        return from_item(self._call("GetItem", request).get("Item", {}))

    def _actions(self, user_id: str, head: Values, said: Values, anew: bool) -> dict[str, Action]:
        """The actions of one transaction: the head, the entries that differ, and the counter."""
        now, before = rfc3339(self._clock()), said_in(head)
        moved = anew or any(before.get(name) != said.get(name) for name in PLACING)
        known = now if before else ""  # a new user has no earlier place, where a list may have had it
        times: Values = {
            "placedAt": known if moved else head.get("placedAt", known),
            "namedAt": known if before.get("name") != said.get("name") else head.get("namedAt", known),
        }
        actions = {"head": self._put_head(user_id, head, said, times)}
        if moved:
            actions.update(self._entries(before, said, times))
        if bool(before) != bool(said):
            actions["counter"] = self._count(user_id, 1 if said else -1, now)
        return actions

    def _put_head(self, user_id: str, head: Values, said: Values, times: Values) -> Action:
        revision = int(head.get("revision", 0))
        if said:
            item = head_of(said, times, revision + 1, self.rule)
        else:
            shard, place = head_key(user_id, self.rule)
            expires = int(self._clock()) + GONE_SECONDS
            item = {"shard": shard, "place": place, "revision": revision + 1, "expiresAt": expires}
        same = Expression()
        same = same.require("revision", "=", revision) if revision else same.require_absent("shard")
        return {"Put": same.condition(TableName=self._table, Item=to_item(item))}

    def _entries(self, before: Values, said: Values, times: Values) -> dict[str, Action]:
        old = words_in(before, {}, self.rule) if before else {}
        new = words_in(said, times, self.rule) if said else {}
        gone = {
            f"gone {number}": {"Delete": {"TableName": self._table, "Key": _key(key)}}
            for number, key in enumerate(key for key in old if key not in new)
        }
        put: dict[str, Action] = {
            f"put {number}": {"Put": {"TableName": self._table, "Item": to_item(entry)}}
            for number, entry in enumerate(new.values())
        }
        return {**gone, **put}

    def _count(self, user_id: str, change: int, now: str) -> Action:
        return {"Update": {"TableName": self._table, "Key": _key(counter_of(user_id, self.rule)), **added(change, now)}}


def added(change: int, now: str) -> dict[str, Any]:
    """The update of a counter."""
    return {
        "UpdateExpression": "ADD #total :change SET #countedAt = :now",
        "ExpressionAttributeNames": {"#total": "total", "#countedAt": "countedAt"},
        "ExpressionAttributeValues": to_item({":change": change, ":now": now}),
    }


def said_in(head: Mapping[str, Any]) -> Values:
    """The values that a head has of its user; none if the user is gone."""
    return {name: value for name, value in head.items() if name not in WRITTEN} if "userId" in head else {}


def _key(key: Key) -> dict[str, Any]:
    return to_item({"shard": key[0], "place": key[1]})

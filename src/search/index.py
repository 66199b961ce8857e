"""The index of the search, written: what it has of a user becomes what the table of users has.

The head of a user has a revision, which rises with each write of the user's items. A write reads the head, then the
user, and has the revision as its condition. A writer that comes late, twice or in any order therefore writes the newest
state or nothing. A deleted user leaves a head without personal data, which expires. It is written even where there was
no head: a writer may have read the user before it was deleted, and must find that its turn is over.
"""

from __future__ import annotations

from dynamodb.values import from_item, to_item
from search import words
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
# A write that begins so many seconds after its time takes a new one: search.history.
WRITE_SECONDS = 2
MOST_ACTIONS = 100  # a transaction takes no more
TIMES = ("placedAt", "earlier")
WRITTEN = (*TIMES, "revision", "shard", "place", "createdShard", "createdPlace", "nameShard", "namePlace")


class Overdue(Exception):
    """A write has waited for others for so long that its time is not good any more."""


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
            now = self._clock()
            actions = self._actions(user_id, head, {**said, **self._times(head, said, now)}, anew, now)
            if whole := len(actions) <= MOST_ACTIONS:
                done = self._written(actions, now)
            else:
                done = self._written(self._forgetting(user_id, head, now), now)
            if done and whole:
                return True
            if not done:
                self._pause(attempt)
        raise NotFollowed

    def head(self, user_id: str) -> Values:
        """The head of a user; empty if there is none."""
        request = {"TableName": self._table, "Key": _key(head_key(user_id, self.rule)), "ConsistentRead": True}
        return from_item(self._call("GetItem", request).get("Item", {}))

    def _written(self, actions: Mapping[str, Action], now: float) -> bool:
        """Whether the actions were made in time, and no other writer came first."""

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            if self._clock() > now + WRITE_SECONDS:
                raise Overdue
            return self._call(operation, request)

        try:
            return not transact(call, actions, self._new_token(), self._pause)
        except Overdue:
            return False

    def _times(self, head: Values, said: Values, now: float) -> Values:
        """The times of the items that a user is to have: a new user has no earlier version, and no time."""
        before, times = said_in(head), times_in(head)
        if not before or not said:
            return {"placedAt": ""} if said else {}
        if all(before[name] == said[name] for name in PLACING):
            return times
        from search.history import moved  # for users that move

        return moved(before, times, now)

    def _actions(self, user_id: str, head: Values, new: Values, anew: bool, now: float) -> dict[str, Action]:
        """The actions of one transaction: the head, the entries that differ, and the counter."""
        before, said = said_in(head), said_in(new)
        actions = {"head": self._put_head(user_id, head, new)}
        if anew or before.keys() != said.keys() or times_in(head) != times_in(new):
            actions.update(self._entries(entries_in(head, self.rule), entries_in(new, self.rule), anew))
        if bool(before) != bool(said):
            actions["counter"] = self._count(user_id, 1 if said else -1, rfc3339(now))
        return actions

    def _forgetting(self, user_id: str, head: Values, now: float) -> dict[str, Action]:
        """The actions that make room: they remove the shortest earlier version of a user, and nothing else."""
        from search.history import shortened

        return self._actions(user_id, head, {**head, **shortened(times_in(head))}, False, now)

    def _put_head(self, user_id: str, head: Values, new: Values) -> Action:
        revision, said = int(head.get("revision", 0)), said_in(new)
        if said:
            item = head_of(said, times_in(new), revision + 1, self.rule)
        else:
            shard, place = head_key(user_id, self.rule)
            expires = int(self._clock()) + GONE_SECONDS
            item = {"shard": shard, "place": place, "revision": revision + 1, "expiresAt": expires}
        same = Expression()
        same = same.require("revision", "=", revision) if revision else same.require_absent("shard")
        return {"Put": same.condition(TableName=self._table, Item=to_item(item))}

    def _entries(self, old: dict[Key, Values], new: dict[Key, Values], anew: bool) -> dict[str, Action]:
        gone = {
            f"gone {number}": {"Delete": {"TableName": self._table, "Key": _key(key)}}
            for number, key in enumerate(key for key in old if key not in new)
        }
        put: dict[str, Action] = {
            f"put {number}": {"Put": {"TableName": self._table, "Item": to_item(entry)}}
            for number, entry in enumerate(entry for key, entry in new.items() if anew or _differ(old.get(key), entry))
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


def kept_indexes(call: Call, table: str, find: Callable[[str], User | None], **ways: Any) -> list[SearchIndex]:
    """The index of each rule that is kept: whoever writes one writes all. `ways` are the clock, new_token and pause."""
    return [SearchIndex(call, table, find, **ways, rule=rule) for rule in words.KEPT]


def said_in(head: Mapping[str, Any]) -> Values:
    """The values that a head has of its user; none if the user is gone."""
    return {name: value for name, value in head.items() if name not in WRITTEN} if "userId" in head else {}


def times_in(head: Values) -> Values:
    """The times of the items of the user of a head."""
    return {name: head[name] for name in TIMES if head.get(name, None) is not None}


def entries_in(head: Values, rule: Rule) -> dict[Key, Values]:
    """The entries of the user of a head, by key: those of its words, and those that earlier versions left behind."""
    said, times = said_in(head), times_in(head)
    if not said or not times.get("earlier"):
        return words_in(said, times, rule) if said else {}
    from search.history import all_entries

    return all_entries(said, times, rule)


def _differ(old: Values | None, new: Values) -> bool:
    """Whether an entry is to be written. It may know of earlier versions that are forgotten since, or be of one."""
    if not old or ("movedAt" in old) != ("movedAt" in new):
        return True
    return "movedAt" not in new and any(old.get(name) != new[name] for name in new if name != "earlier")


def _key(key: Key) -> dict[str, Any]:
    return to_item({"shard": key[0], "place": key[1]})

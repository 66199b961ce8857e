"""The comparison of the index of the search with the users, for each generation that is kept."""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from dynamodb.values import from_item, to_item
from operate.database import Call, get, scan
from search.entries import COUNTERS, END, HEAD, beginning, counter_key, counter_of, generation_of, said_of
from search.index import SearchIndex, added, entries_in, said_in
from search.words import Rule
from users.foreign import is_user, user_in
from users.user import User
from utils.timestamps import rfc3339

Key = tuple[str, str]

SETTLE_SECONDS = 5.0  # how long a change may be on its way to the index
_ID = 36  # characters of an id, with which the place of an entry ends


def user_of(item: dict[str, Any]) -> User | None:
    """The user in an item, if it has one."""
    user = user_in(item) if item else None
    return user if user and is_user(user) else None


def check(call: Call, options: argparse.Namespace, indexes: Sequence[SearchIndex], kept: Sequence[Rule]) -> int:
    """Compare each of the indexes; how many differences are left. A generation that nobody keeps is one."""
    left = sum(Check(call, options, index).run() for index in indexes)
    known = {str(rule.generation) for rule in kept}
    others = Counter(generation_of(item["shard"]["S"]) for item in scan(call, options.index))
    for generation in sorted(others.keys() - known):
        print(f"generation {generation} is not kept and has {others[generation]} items: drop it")
    return left + len(others.keys() - known)


def _has_expired(entry: dict[str, Any]) -> bool:
    """Whether an entry may be gone already: DynamoDB removes those that earlier versions left behind."""
    return int(entry.get("expiresAt", 0)) > 0 and int(entry["expiresAt"]) < time.time()


class Check:
    """One comparison of one generation with the users."""

    def __init__(self, call: Call, options: argparse.Namespace, index: SearchIndex) -> None:
        self._call, self._options, self._index, self._rule = call, options, index, index.rule
        self._strays: defaultdict[str, set[Key]] = defaultdict(set)  # entries that no head explains, by user

    def run(self) -> int:
        """Name the differences, and repair them with --repair; how many are left."""
        suspects = set(self._of_index()) | {user["userId"] for user in self._users() if self._fault(user["userId"])}
        if suspects:
            time.sleep(SETTLE_SECONDS)
        left = sum(not self._right(user_id) for user_id in sorted(suspects))
        left += not self._total_is_right()
        found = f"{left} differences" if left else "the index has what the users have"
        print(f"generation {self._rule.generation}: {found}")
        return left

    def _users(self) -> Iterator[User]:
        return (user for user in map(user_of, scan(self._call, self._options.users)) if user)

    def _user(self, user_id: str) -> User | None:
        return user_of(get(self._call, self._options.users, {"userId": user_id}))

    def _of_index(self) -> Iterator[str]:
        """The users of heads without a user, and of entries that no head explains."""
        for values in map(from_item, self._items()):
            key = str(values["shard"]), str(values["place"])
            if END in key[1] and not self._is_wanted(key):
                self._strays[key[1][-_ID:]].add(key)
                yield key[1][-_ID:]
            elif said_in(values) and not self._user(str(values["userId"])):
                yield str(values["userId"])

    def _items(self) -> Iterator[dict[str, Any]]:
        """The items of this generation."""
        own = beginning(self._rule.generation)
        return (item for item in scan(self._call, self._options.index) if item["shard"]["S"].startswith(own))

    def _is_wanted(self, key: Key) -> bool:
        return key in entries_in(self._index.head(key[1][-_ID:]), self._rule)

    def _right(self, user_id: str) -> bool:
        """Whether the items of a user are right, or are now; if not, the user is listed."""
        fault = self._fault(user_id)
        if not fault:
            return True
        if self._options.write:
            for shard, place in self._strays[user_id]:
                key = to_item({"shard": shard, "place": place})
                self._call("DeleteItem", {"TableName": self._options.index, "Key": key})
            self._index.follow(user_id, anew=True)  # also what a change in the meantime has put there
        print(f"user {user_id}: {fault}{' - repaired' * self._options.write}")
        return bool(self._options.write)

    def _fault(self, user_id: str) -> str:
        """The difference between a user and its items; "" if there is none."""
        head = self._index.head(user_id)
        said, user = said_in(head), self._user(user_id)
        if any(self._there(key) and not self._is_wanted(key) for key in self._strays.get(user_id, ())):
            return "the index has an entry that it should not have"
        if not user or not said:
            return "" if not user and not said else f"{'it is gone' if said else 'the index does not have it'}"
        now = said_of(user, self._rule)
        wrong = sorted(name for name in {*said, *now} if said.get(name) != now.get(name))
        if wrong:
            return f"the index has another {', '.join(wrong)}"
        wanted = entries_in(head, self._rule)
        missing = sum(not self._there(key) for key, entry in wanted.items() if not _has_expired(entry))
        return f"it has no entry for {missing} of its words" if missing else ""

    def _there(self, key: Key) -> bool:
        return bool(get(self._call, self._options.index, {"shard": key[0], "place": key[1]}))

    def _total_is_right(self) -> bool:
        """Whether the counters have the number of heads, or have it now. A change may be in one of the two only."""
        for _ in range(2):
            wrong = self._differences()
            if not wrong:
                return True
        print(f"the total is wrong by {sum(wrong.values())}{' - repaired' * self._options.write}")
        for (shard, place), difference in wrong.items() if self._options.write else ():
            request = {"TableName": self._options.index, "Key": to_item({"shard": shard, "place": place})}
            self._call("UpdateItem", {**request, **added(difference, rfc3339(time.time()))})
        return bool(self._options.write)

    def _differences(self) -> dict[Key, int]:
        """The heads that each counter lacks."""
        heads = Counter(
            counter_of(item["userId"]["S"], self._rule)
            for item in self._items()
            if "userId" in item and item["place"]["S"] == HEAD
        )
        keys = [counter_key(number, self._rule) for number in range(COUNTERS)]
        totals = {key: get(self._call, self._options.index, {"shard": key[0], "place": key[1]}) for key in keys}
        wrong = {key: heads[key] - int(totals[key].get("total", {}).get("N", "0")) for key in keys}
        return {key: difference for key, difference in wrong.items() if difference}

"""Build the index of the search from the users, or check it.

    python -m operate index backfill --users USERS --index INDEX --write --bus BUS [--rate N] [--state FILE]
    python -m operate index check --users USERS --index INDEX [--repair --bus BUS]

Both run while the API writes. `backfill` brings each user into the index, and leaves users alone that it has already.
With --state it goes on where it was interrupted. `check` names each difference: a user whose items are not what they
should be, an entry without its user, and a wrong total. It looks again after a while, because the index follows changes
a moment later. --repair repairs what it names. Repair the total only while no user is created or deleted.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dynamodb.values import from_item, to_item
from operate import acts
from operate.database import Call, get, scan
from search.entries import COUNTERS, END, HEAD, counter_key, counter_of, said_of, words_in
from search.index import SearchIndex, added, said_in
from users.foreign import is_user, user_in
from users.user import User
from utils.timestamps import rfc3339
from wiring import new_token, pause

Key = tuple[str, str]

CHANGES = "UserSearchTable, with --write or --repair"
SEGMENTS = 64
SETTLE_SECONDS = 5.0  # how long a change may be on its way to the index
MOST_AT_ONCE = 100
_ID = 36  # characters of an id, with which the place of an entry ends


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("action", choices=["backfill", "check"], help="build the index, or check it")
    parser.add_argument("--users", required=True, help="the stack's UsersTable")
    parser.add_argument("--index", required=True, help="the stack's UserSearchTable")
    acts.add_write(parser)
    parser.add_argument("--repair", dest="write", action="store_true", help="the same as --write, for check")
    parser.add_argument("--rate", type=int, default=200, help="users per second at most (200)")
    parser.add_argument("--readers", type=int, default=4, help="segments of the table that are read at once (4)")
    parser.add_argument("--state", metavar="FILE", help="remembers what is done, for an interrupted backfill")


def run(call: Call, options: argparse.Namespace) -> int:
    """Run one of the two; how many differences are left."""
    index = SearchIndex(
        call,
        options.index,
        lambda user_id: user_of(get(call, options.users, {"userId": user_id})),
        clock=time.time,
        new_token=new_token,
        pause=pause,
    )
    return Backfill(call, options, index).run() if options.action == "backfill" else Check(call, options, index).run()


def user_of(item: dict[str, Any]) -> User | None:
    """The user in an item, if it has one."""
    user = user_in(item) if item else None
    return user if user and is_user(user) else None


class Backfill:
    """One run over all users, in segments that are read at once."""

    def __init__(self, call: Call, options: argparse.Namespace, index: SearchIndex) -> None:
        self._call, self._options, self._index = call, options, index
        self._state = Path(options.state) if options.state else None
        self._places: dict[str, Any] = self._remembered()
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self._seen, self._written = 0, 0

    def run(self) -> int:
        """Bring all users into the index. Without --write it only counts those that the index lacks."""
        with ThreadPoolExecutor(max(1, self._options.readers)) as readers:
            list(readers.map(self._segment, range(SEGMENTS)))
        verb = "written" if self._options.write else "to write"
        print(f"{self._seen} users, {self._written} {verb}")
        return 0 if self._options.write else self._written

    def _segment(self, segment: int) -> None:
        place = self._places.get(str(segment))
        while place != "done":
            page = self._call("Scan", self._request(segment, place))
            for item in page["Items"]:
                self._user(item)
            place = page.get("LastEvaluatedKey") or "done"
            self._remember(segment, place)

    def _request(self, segment: int, place: Any) -> dict[str, Any]:
        start = {"ExclusiveStartKey": place} if place else {}
        table = {"TableName": self._options.users, "ConsistentRead": True, "Limit": MOST_AT_ONCE}
        return {**table, "Segment": segment, "TotalSegments": SEGMENTS, **start}

    def _user(self, item: dict[str, Any]) -> None:
        user = user_of(item)
        if not user:
            return
        self._wait()
        user_id = user["userId"]
        if self._options.write:
            written = self._index.follow(user_id)
        else:
            written = said_in(self._index.head(user_id)) != said_of(user)
        with self._lock:
            self._seen += 1
            self._written += written

    def _wait(self) -> None:
        """Keep to the rate, all readers together."""
        with self._lock:
            self._next = max(self._next, time.monotonic()) + 1 / max(1, self._options.rate)
            turn = self._next
        time.sleep(max(0.0, turn - time.monotonic()))

    def _remembered(self) -> dict[str, Any]:
        if not self._state or not self._state.exists():
            return {}
        return dict(json.loads(self._state.read_text()))

    def _remember(self, segment: int, place: Any) -> None:
        with self._lock:
            self._places[str(segment)] = place
            if self._state and self._options.write:
                new = self._state.with_suffix(".new")
                new.write_text(json.dumps(self._places))
                os.replace(new, self._state)


class Check:
    """One comparison of the index with the users."""

    def __init__(self, call: Call, options: argparse.Namespace, index: SearchIndex) -> None:
        self._call, self._options, self._index = call, options, index
        self._strays: defaultdict[str, set[Key]] = defaultdict(set)  # entries that no head explains, by user

    def run(self) -> int:
        """Name the differences, and repair them with --repair; how many are left."""
        suspects = set(self._of_index()) | {user["userId"] for user in self._users() if self._fault(user["userId"])}
        if suspects:
            time.sleep(SETTLE_SECONDS)
        left = sum(not self._right(user_id) for user_id in sorted(suspects))
        left += not self._total_is_right()
        print(f"{left} differences" if left else "the index has what the users have")
        return left

    def _users(self) -> Iterator[User]:
        return (user for user in map(user_of, scan(self._call, self._options.users)) if user)

    def _user(self, user_id: str) -> User | None:
        return user_of(get(self._call, self._options.users, {"userId": user_id}))

    def _of_index(self) -> Iterator[str]:
        """The users of heads without a user, and of entries that no head explains."""
        for item in scan(self._call, self._options.index):
            values = from_item(item)
            key = str(values["shard"]), str(values["place"])
            if END in key[1] and not self._is_wanted(key):
                self._strays[key[1][-_ID:]].add(key)
                yield key[1][-_ID:]
            elif said_in(values) and not self._user(str(values["userId"])):
                yield str(values["userId"])

    def _is_wanted(self, key: Key) -> bool:
        said = said_in(self._index.head(key[1][-_ID:]))
        return bool(said) and key in words_in(said, {})

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
        said = said_in(self._index.head(user_id))
        user = self._user(user_id)
        if any(self._there(key) and not self._is_wanted(key) for key in self._strays.get(user_id, ())):
            return "the index has an entry that it should not have"
        if not user or not said:
            return "" if not user and not said else f"{'it is gone' if said else 'the index does not have it'}"
        now = said_of(user)
        wrong = sorted(name for name in {*said, *now} if said.get(name) != now.get(name))
        if wrong:
            return f"the index has another {', '.join(wrong)}"
        missing = sum(not self._there(key) for key in words_in(said, {}))
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
            counter_of(item["userId"]["S"])
            for item in scan(self._call, self._options.index)
            if "userId" in item and item["place"]["S"] == HEAD
        )
        keys = [counter_key(number) for number in range(COUNTERS)]
        totals = {key: get(self._call, self._options.index, {"shard": key[0], "place": key[1]}) for key in keys}
        wrong = {key: heads[key] - int(totals[key].get("total", {}).get("N", "0")) for key in keys}
        return {key: difference for key, difference in wrong.items() if difference}

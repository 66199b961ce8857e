"""Make the tables of a stack what restored tables are, user by user.

    python -m operate put-back --from-users RESTORED --from-keys RESTORED --users USERS --keys KEYS [--remove-new]
                               [--write --bus BUS]

Stop all writers first. The command writes only what differs. A user that it writes gets a new version, so that no
entity tag of a client is valid for other content. Events, search and webhooks follow as after any change. Users who
are new since then stay, unless --remove-new. Records that expire stay as they are. Run an interrupted command again.
"""

from __future__ import annotations

import argparse
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import to_value
from operate import database
from operate.database import Call, get, items_of
from operate.records import fingerprint
from operate.records.fingerprint import CLAIM, OF_WRITES, SEGMENTS, text
from regions.home import KEY as HOME
from users.foreign import user_in
from wiring import new_token

CHANGES = "UsersTable and UserKeysTable, with --write; the restored tables are only read"
# Added to the version of a user who was deleted. The deletion and later changes had versions that nobody knows now.
SKIPPED_VERSIONS = 1_000_000
USERS_KEY, KEYS_KEY = "userId", "key"

Item = dict[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--from-users", required=True, help="the restored table of users")
    parser.add_argument("--from-keys", required=True, help="the restored table of keys")
    parser.add_argument("--remove-new", action="store_true", help="also delete the users who are new since then")
    database.add_options(parser)


def run(call: Call, options: argparse.Namespace) -> int:
    """Write what differs; how much is left. Without --write, all of it is."""
    back = PutBack(call, options)
    back.run()
    print("; ".join(f"{count} {what}" for what, count in sorted(back.counts.items())) or "nothing differs")
    if not options.write:
        return sum(back.counts.values()) - back.counts[STAYS]
    return back.counts[FAILED] + (not same(call, options))


WRITTEN, REMOVED, STAYS, FAILED = "written", "removed", "new and kept", "changed meanwhile: stop all writers"


def same(call: Call, options: argparse.Namespace) -> bool:
    """Whether the tables are now what they were; with new users, whether users and claims agree."""
    now = fingerprint.taken(call, options.users, options.keys, progress=True)
    if options.remove_new:
        then = fingerprint.taken(call, options.from_users, options.from_keys, progress=True)
        print("the tables have the restored content" if now.content() == then.content() else "the tables still differ")
        return now.content() == then.content()
    print(fingerprint.lines(now)[-1])
    return now.agrees


class PutBack:
    """One run. `counts` has what was done, or without --write what there is to do."""

    def __init__(self, call: Call, options: argparse.Namespace) -> None:
        self._call, self._options = call, options
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Users first, then keys; in each table first what was there, then what is new."""
        self._each(self._options.from_users, self._put_user)
        self._each(self._options.users, self._new_user)
        self._each(self._options.from_keys, self._put_key)
        self._each(self._options.keys, self._new_key)

    def _each(self, table: str, do: Callable[[Item], None]) -> None:
        """Do something with each item of a table, several at once."""

        def of_segment(segment: int) -> None:
            request = {"TableName": table, "Segment": segment, "TotalSegments": SEGMENTS}
            for item in items_of(self._call, "Scan", request):
                do(item)

        with ThreadPoolExecutor(SEGMENTS) as pool:
            list(pool.map(of_segment, range(SEGMENTS)))

    def _put_user(self, then: Item) -> None:
        now = self._there(self._options.users, USERS_KEY, then)
        if _fields(then) != _fields(now):
            version = max(user_in(then).version, user_in(now).version) if now else _after_deletion(then)
            wanted = {**then, "version": to_value(version + 1), "lastWrite": to_value(new_token())}
            self._write(self._options.users, USERS_KEY, "version", now, wanted)

    def _new_user(self, now: Item) -> None:
        if not self._there(self._options.from_users, USERS_KEY, now):
            self._new(self._options.users, USERS_KEY, "version", now, keep=not self._options.remove_new)

    def _put_key(self, then: Item) -> None:
        now = self._there(self._options.keys, KEYS_KEY, then)
        if "expiresAt" not in then and then != now and then[KEYS_KEY]["S"] != HOME:
            self._write(self._options.keys, KEYS_KEY, USERS_KEY, now, then)

    def _new_key(self, now: Item) -> None:
        if (
            "expiresAt" not in now
            and now[KEYS_KEY]["S"] != HOME
            and not self._there(self._options.from_keys, KEYS_KEY, now)
        ):
            keep = not self._options.remove_new and self._is_of_new_user(now)
            self._new(self._options.keys, KEYS_KEY, USERS_KEY, now, keep=keep)

    def _is_of_new_user(self, key: Item) -> bool:
        """Whether a key may stay: it is no claim, or its user came later and is there."""
        owner = text(key, USERS_KEY)
        if owner is None or not key[KEYS_KEY]["S"].startswith(CLAIM):
            return True
        new = not get(self._call, self._options.from_users, {USERS_KEY: owner})
        return new and bool(get(self._call, self._options.users, {USERS_KEY: owner}))

    def _there(self, table: str, key: str, item: Item) -> Item:
        """The item of the same key in another table; empty if there is none."""
        return get(self._call, table, {key: item[key]["S"]})

    def _new(self, table: str, key: str, guard: str, now: Item, *, keep: bool) -> None:
        if keep:
            self._count(STAYS)
        elif self._does("DeleteItem", _unchanged(table, key, guard, now) | {"Key": {key: now[key]}}):
            self._count(REMOVED)

    def _write(self, table: str, key: str, guard: str, now: Item, wanted: Item) -> None:
        if self._does("PutItem", _unchanged(table, key, guard, now) | {"Item": wanted}):
            self._count(WRITTEN)

    def _does(self, operation: str, request: dict[str, Any]) -> bool:
        """Whether a write was done, or would be; it is not if the item has changed meanwhile."""
        try:
            if self._options.write:
                self._call(operation, request)
        except ConditionalCheckFailed:
            self._count(FAILED)
            return False
        return True

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


def _fields(item: Item) -> Item:
    """A user without what each write changes."""
    return {name: value for name, value in item.items() if name not in OF_WRITES}


def _after_deletion(then: Item) -> int:
    return user_in(then).version + SKIPPED_VERSIONS


def _unchanged(table: str, key: str, guard: str, now: Item) -> dict[str, Any]:
    """A request whose condition is that an item is as it was read, by its attribute `guard`."""
    if not now:
        condition = {"ConditionExpression": "attribute_not_exists(#key)", "ExpressionAttributeNames": {"#key": key}}
    elif guard in now:
        condition = {
            "ConditionExpression": "#guard = :guard",
            "ExpressionAttributeNames": {"#guard": guard},
            "ExpressionAttributeValues": {":guard": now[guard]},
        }
    else:
        condition = {
            "ConditionExpression": "attribute_exists(#key) AND attribute_not_exists(#guard)",
            "ExpressionAttributeNames": {"#key": key, "#guard": guard},
        }
    return {"TableName": table, **condition}

"""Print a fingerprint of all users and claims, and whether each email has a claim of its owner.

    python -m operate fingerprint --users USERS --keys KEYS [--segments N] [--json]

Two pairs of tables with the same fingerprint have the same items. The order of the items and the number of segments do
not matter. Records that expire, such as kept responses, do not count. Stop all writers first: a scan is not a snapshot.
The fingerprint detects mistakes and damage. It is no protection against somebody who forges items.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from operate.database import Call, items_of
from regions.home import KEY as HOME
from users.email_address import canonical

CHANGES = "nothing"
SEGMENTS = 8
MOST_SEGMENTS = 64
CLAIM = "email#"
SETS = frozenset({"SS", "NS", "BS"})
OF_WRITES = frozenset({"version", "lastWrite"})  # each write changes these, even if no field changes
SHOWN_SECONDS = 0.5

Item = dict[str, Any]


@dataclass(frozen=True)
class Sum:
    """A number of items, and the sum of their digests modulo 2**256, which has no order."""

    count: int = 0
    total: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, (self.total + other.total) % 2**256)

    @property
    def digest(self) -> str:
        """The sum in hexadecimal digits."""
        return f"{self.total:064x}"


NOTHING = Sum()


@dataclass(frozen=True)
class Fingerprint:
    """The content of a pair of tables.

    `users` are the items of users, `fields` the same without what each write changes. `claims` are the claims of
    emails. `others` are the other keys that do not expire. `owners` are the owners of the emails as the users say it,
    and `claimed` as the claims say it.
    """

    users: Sum = NOTHING
    fields: Sum = NOTHING
    owners: Sum = NOTHING
    claims: Sum = NOTHING
    claimed: Sum = NOTHING
    others: Sum = NOTHING

    def __add__(self, other: Fingerprint) -> Fingerprint:
        return Fingerprint(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def agrees(self) -> bool:
        """Whether each user has the claim of its email, and there is no other claim."""
        return self.owners == self.claimed and self.owners.count == self.users.count

    def content(self) -> list[Sum]:
        """The sums that stay if the same users are written again."""
        return [self.fields, self.claims, self.others]

    def shown(self) -> dict[str, Any]:
        """The fingerprint as JSON."""
        named = {"users": self.users, "fields": self.fields, "claims": self.claims, "others": self.others}
        return {name: {"count": it.count, "sha256": it.digest} for name, it in named.items()} | {"agree": self.agrees}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--users", required=True, help="the stack's UsersTable")
    parser.add_argument("--keys", required=True, help="the stack's UserKeysTable")
    parser.add_argument("--segments", type=segments, default=SEGMENTS, help=f"read at once (default {SEGMENTS})")
    parser.add_argument("--json", action="store_true", help="print JSON, and no progress")


def segments(text: str) -> int:
    """The number of segments of a scan. Each has its own thread."""
    number = int(text)
    if not 1 <= number <= MOST_SEGMENTS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_SEGMENTS}")
    return number


def run(call: Call, options: argparse.Namespace) -> int:
    """Print the fingerprint; 1 if users and claims disagree."""
    found = taken(call, options.users, options.keys, options.segments, progress=not options.json)
    if options.json:
        print(json.dumps(found.shown()))
        return 0 if found.agrees else 1
    print("\n".join(lines(found)))
    return 0 if found.agrees else 1


def lines(found: Fingerprint) -> list[str]:
    """The fingerprint for a person."""
    named = {"users": found.users, "fields": found.fields, "claims": found.claims, "other keys": found.others}
    agree = "each email has a claim of its owner, and each claim has its user"
    disagree = "users and claims disagree: `python -m operate check-claims` lists them"
    return [
        *(f"{name:<10} {it.count:>10,}  {it.digest}" for name, it in named.items()),
        agree if found.agrees else disagree,
    ]


def taken(call: Call, users: str, keys: str, number: int = SEGMENTS, *, progress: bool = False) -> Fingerprint:
    """The fingerprint of a pair of tables, each read in so many segments at once."""
    now = int(time.time())
    shown = Progress() if progress and sys.stderr.isatty() else None
    of_users = read(call, users, number, of_user, shown)
    found = of_users + read(call, keys, number, lambda item: of_key(item, now), shown)
    if shown:
        shown.end()
    return found


def read(
    call: Call, table: str, number: int, of_item: Callable[[Item], Fingerprint], progress: Progress | None = None
) -> Fingerprint:
    """The sum over all items of a table."""

    def of_segment(segment: int) -> Fingerprint:
        request = {"TableName": table, "Segment": segment, "TotalSegments": number}
        items: Iterable[Item] = items_of(call, "Scan", request)
        return summed(of_item(item) for item in (progress.counting(table, items) if progress else items))

    with ThreadPoolExecutor(number) as pool:
        return summed(pool.map(of_segment, range(number)))


def summed(found: Iterable[Fingerprint]) -> Fingerprint:
    """The sum of fingerprints."""
    return reduce(add, found, Fingerprint())


def of_user(item: Item) -> Fingerprint:
    """The fingerprint of one item of a user. An item without an email has no owner of one."""
    fields = {name: value for name, value in item.items() if name not in OF_WRITES}
    email, user_id = text(item, "email"), text(item, "userId")
    owner = NOTHING if email is None else digest([CLAIM + canonical(email), user_id])
    return Fingerprint(users=digest(item), fields=digest(fields), owners=owner)


def of_key(item: Item, now: int) -> Fingerprint:
    """The fingerprint of one item of the keys, at a time in seconds; nothing for a record that expires."""
    key = text(item, "key") or ""
    if key == HOME:  # it changes with each failover
        return Fingerprint()
    if key.startswith(CLAIM):
        over = int(item.get("expiresAt", {}).get("N", now + 1)) <= now
        return Fingerprint() if over else Fingerprint(claims=digest(item), claimed=digest([key, text(item, "userId")]))
    return Fingerprint() if "expiresAt" in item else Fingerprint(others=digest(item))


def digest(value: Any) -> Sum:
    """The SHA-256 of a value of JSON or an item, as the sum of one."""
    whole = json.dumps(ordered(value), sort_keys=True, separators=(",", ":"))
    return Sum(1, int.from_bytes(hashlib.sha256(whole.encode()).digest()))


def ordered(value: Any) -> Any:
    """A value with each set in order: DynamoDB gives the elements in any."""
    if isinstance(value, list):
        return [ordered(each) for each in value]
    if isinstance(value, dict):
        return {
            name: sorted(it) if name in SETS and isinstance(it, list) else ordered(it) for name, it in value.items()
        }
    return value


def in_order(name: str, value: Any) -> Any:
    """A value with its name: the elements of a set, or another value."""
    return sorted(value) if name in SETS and isinstance(value, list) else ordered(value)


def text(item: Item, name: str) -> str | None:
    """An attribute that is a string; another tool may have written something else."""
    found: str | None = item.get(name, {}).get("S")
    return found


class Progress:
    """A line on the terminal that counts items."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._shown = 0.0

    def counting(self, table: str, items: Iterable[Item]) -> Iterable[Item]:
        """The items, counted."""
        for item in items:
            with self._lock:
                self._count += 1
                if time.monotonic() - self._shown > SHOWN_SECONDS:
                    self._shown = time.monotonic()
                    print(f"\r{self._count:,} items read ({table}) ", end="", file=sys.stderr, flush=True)
            yield item

    def end(self) -> None:
        """Remove the line."""
        print("\r\033[K", end="", file=sys.stderr, flush=True)

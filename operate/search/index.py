"""Build the index of the search from the users, check it, or drop a generation that is over.

    python -m operate index backfill --users USERS --index INDEX --write --bus BUS [--rate N] [--state FILE]
    python -m operate index check --users USERS --index INDEX [--repair --bus BUS]
    python -m operate index drop --generation N --users USERS --index INDEX --write --bus BUS [--rate N] [--state FILE]

All run while the API writes. `backfill` brings each user into the index, and leaves users alone that it has already.
With --state it goes on where it was interrupted. `check` names each difference: a user whose items are not what they
should be, an entry without its user, and a wrong total. It looks again after a while, because the index follows changes
a moment later. --repair repairs what it names. Repair the total only while no user is created or deleted.

Both work on every generation of the index that this release keeps, or on the one of --generation. `drop` removes all
items of a generation that this release neither keeps nor serves. Run it from the release that is deployed.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from typing import Any

from operate import acts
from operate.database import Call, get
from operate.search.index_check import check, user_of
from operate.search.index_drop import Drop
from operate.search.segments import Rate, Segments
from search.entries import said_of
from search.index import SearchIndex, said_in
from search.words import KEPT, SERVED, Rule
from wiring import new_token, pause

CHANGES = "UserSearchTable, with --write or --repair"


class WrongGeneration(Exception):
    """The generation is not one on which the action may work."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("action", choices=["backfill", "check", "drop"], help="build the index, check it, or drop it")
    parser.add_argument("--users", required=True, help="the stack's UsersTable")
    parser.add_argument("--index", required=True, help="the stack's UserSearchTable")
    acts.add_write(parser)
    parser.add_argument("--repair", dest="write", action="store_true", help="the same as --write, for check")
    parser.add_argument("--generation", type=int, help="one generation of the index (all that are kept); drop needs it")
    parser.add_argument("--rate", type=int, default=200, help="users, or items to drop, per second at most (200)")
    parser.add_argument("--readers", type=int, default=4, help="segments of the table that are read at once (4)")
    parser.add_argument("--state", metavar="FILE", help="remembers what is done, for an interrupted backfill or drop")


def run(call: Call, options: argparse.Namespace, kept: Sequence[Rule] = KEPT, served: Rule = SERVED) -> int:
    """Run one of the actions; how many differences are left. Raises WrongGeneration, WrongState."""
    if options.action == "drop":
        return Drop(call, options, _over(options.generation, (*kept, served))).run()
    indexes = [_index(call, options, rule) for rule in _chosen(options.generation, kept)]
    if options.action == "backfill":
        return Backfill(call, options, indexes).run()
    return check(call, options, indexes, kept)


def _chosen(generation: int | None, kept: Sequence[Rule]) -> list[Rule]:
    chosen = [rule for rule in kept if generation in (None, rule.generation)]
    if not chosen:
        raise WrongGeneration(f"this release does not keep generation {generation}")
    return chosen


def _over(generation: int | None, used: Sequence[Rule]) -> int:
    """The generation to drop, which must be none of those that are used."""
    if generation is None:
        raise WrongGeneration("drop needs --generation")
    if generation in [rule.generation for rule in used]:
        raise WrongGeneration(f"this release keeps or serves generation {generation}")
    return generation


def _index(call: Call, options: argparse.Namespace, rule: Rule) -> SearchIndex:
    return SearchIndex(
        call,
        options.index,
        lambda user_id: user_of(get(call, options.users, {"userId": user_id})),
        clock=time.time,
        new_token=new_token,
        pause=pause,
        rule=rule,
    )


class Backfill:
    """One run over all users, in segments that are read at once."""

    def __init__(self, call: Call, options: argparse.Namespace, indexes: Sequence[SearchIndex]) -> None:
        self._options, self._indexes = options, indexes
        self._lock = threading.Lock()
        self._rate = Rate(options.rate)
        self._seen, self._written = 0, 0
        generations = ",".join(str(index.rule.generation) for index in indexes)
        work = f"backfill {options.users} {options.index} {generations}"
        self._segments = Segments(call, {"TableName": options.users, "ConsistentRead": True}, options, work)

    def run(self) -> int:
        """Bring all users into the index. Without --write it only counts those that the index lacks."""
        self._segments.run(self._page)
        verb = "written" if self._options.write else "to write"
        print(f"{self._seen} users, {self._written} {verb}")
        return 0 if self._options.write else self._written

    def _page(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            self._user(item)

    def _user(self, item: dict[str, Any]) -> None:
        user = user_of(item)
        if not user:
            return
        self._rate.wait(1)
        user_id = user["userId"]
        if self._options.write:
            written = [index.follow(user_id) for index in self._indexes]
        else:
            written = [said_in(index.head(user_id)) != said_of(user, index.rule) for index in self._indexes]
        with self._lock:
            self._seen += 1
            self._written += any(written)

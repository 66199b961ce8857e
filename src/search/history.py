"""Where a user was in the index, so that a search shows the user where it was when the search began.

A version is what the index said of a user from one move to the next. Its items stay for as long as a cursor is good.
Each says when its version began (`placedAt`) and, once the user has moved on, when it ended (`movedAt`). The items of a
later version have the earlier ones as text (`earlier`). Only a user that has moved has any of this.

A search shows a user by the version of the time at which the search began. If that version does not match, the first
later one counts that does. All items of a user lead to the same version, so that a user has one place in a search.
A user is left out of a search that began in a version that is not known any more.
"""

from __future__ import annotations

import json
from datetime import datetime

from search.entries import left_behind, words_in
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from search.entries import Key, Values
    from search.words import Rule

    class Known(Protocol):
        """A version as a search looks at it: an item is the version that it was written for."""

        @property
        def since(self) -> str:
            """When it began; "" if it is the first one."""

        @property
        def until(self) -> str:
            """When it ended; "" if it has not."""

        @property
        def name(self) -> str:
            """The name as it is in keys."""

        @property
        def words(self) -> list[str]:
            """The words of the name."""

        @property
        def email(self) -> list[str]:
            """The words that only the email has; the last one is the domain."""

        @property
        def domain(self) -> str:
            """The domain of the email."""


# A version begins so many seconds after the clock of its writer. By then its items have reached all readers: that takes
# a write, the time by which clocks differ, and the delay of the orders.
SETTLE_SECONDS = 5
KEPT_SECONDS = 25 * 60 * 60  # after its end; a cursor is good for 24 hours
MOST_EARLIER = 3
_SAID = ("name", "nameWords", "emailWords", "domain")


class Version:
    """An earlier version of a user."""

    __slots__ = ("said", "since", "until")

    def __init__(self, since: str, until: str, *said: str) -> None:
        self.since, self.until, self.said = since, until, said

    @property
    def name(self) -> str:
        """The name as it is in keys."""
        return self.said[0]

    @property
    def words(self) -> list[str]:
        """The words of the name."""
        return self.said[1].split()

    @property
    def email(self) -> list[str]:
        """The words that only the email has."""
        return self.said[2].split()

    @property
    def domain(self) -> str:
        """The domain of the email."""
        return self.said[3]

    @property
    def seconds(self) -> float:
        """How long it was, in seconds."""
        return _seconds(self.until) - _seconds(self.since) if self.since else float("inf")


def versions_in(text: str) -> list[Version]:
    """The earlier versions that an item has, the oldest first."""
    return [Version(*values) for values in json.loads(text)] if text else []


def shown_by(item: Known, earlier: str, started: str, matches: Callable[[Known], bool]) -> Known | None:
    """The version by which a search that began at `started` shows a user, as far as one of its items knows."""
    versions: list[Known] = [*versions_in(earlier), item]
    first = max((number for number, each in enumerate(versions) if each.since <= started), default=None)
    if first is None or "" < versions[first].until <= started:
        return None
    end = versions[first].since
    for version in versions[first:]:
        if version.since != end:
            return None  # one in between is not known any more
        if matches(version):
            return version
        end = version.until
    return None


def moved(said: Values, times: Values, now: float) -> Values:
    """The times of a user's items after a move from what the index said before."""
    until = max(rfc3339(now + SETTLE_SECONDS), str(times.get("placedAt", "")))
    last = Version(str(times.get("placedAt", "")), until, *(str(said[name]) for name in _SAID))
    oldest = rfc3339(now - KEPT_SECONDS)
    known = [each for each in (*versions_in(str(times.get("earlier", ""))), last) if each.until > oldest]
    return {"placedAt": until, "earlier": _text(_without_shortest(known, MOST_EARLIER))}


def shortened(times: Values) -> Values:
    """The times of a user's items without the shortest earlier version."""
    known = versions_in(str(times["earlier"]))
    return {**times, "earlier": _text(_without_shortest(known, len(known) - 1))}


def all_entries(said: Values, times: Values, rule: Rule) -> dict[Key, Values]:
    """The entries of a user that has moved: those of its words, and those that its earlier versions left behind."""
    earlier = versions_in(str(times["earlier"]))
    left: dict[Key, Values] = {}
    for number, version in enumerate(earlier):
        then = {**said, **dict(zip(_SAID, version.said, strict=True))}
        left.update(left_behind(then, _times_of(version, earlier[:number]), rule))
    now = words_in(said, times, rule)
    for key in left_behind(said, {}, rule):
        left.pop(key, None)  # the user is there again
    return {**now, **left}


def _times_of(version: Version, earlier: list[Version]) -> Values:
    expires = int(_seconds(version.until)) + KEPT_SECONDS
    times: Values = {"placedAt": version.since, "movedAt": version.until, "expiresAt": expires}
    return {**times, "earlier": _text(earlier)} if earlier else times


def _without_shortest(known: list[Version], most: int) -> list[Version]:
    """The longest `most` of the versions, in which most searches began."""
    longest = sorted(known, key=lambda version: version.seconds, reverse=True)[:most]
    return [version for version in known if version in longest]


def _text(versions: list[Version]) -> str:
    return json.dumps([[each.since, each.until, *each.said] for each in versions]) if versions else ""


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()

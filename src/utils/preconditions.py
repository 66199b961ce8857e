"""If-Match and If-None-Match (RFC 9110, section 13), read into versions.

An entity tag of ours is the version in quotes: "3". Any other tag is good grammar that never matches.
"""

from __future__ import annotations

import re

from utils.errors import InvalidHeader

ANY = "*"
MOST_TAGS = 50

# Patterns that the first request with such a header compiles; most come without.
# 15 digits are more writes than anything will see; longer tags are not ours.
_OURS = r'"([1-9]\d{0,14})"'
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*"


class Precondition:
    """The precondition of a request on the version: each part is None (not sent), ANY, or a list of versions."""

    __slots__ = ("match", "none_match")

    def __init__(self, match: str | list[int] | None = None, none_match: str | list[int] | None = None) -> None:
        self.match = match
        self.none_match = none_match

    def holds(self, version: int) -> bool:
        """Whether what exists in this version passes both parts."""
        return self.matches(version) and not self.excludes(version)

    def matches(self, version: int) -> bool:
        """Whether If-Match lets this version pass."""
        return self.match is None or _names(self.match, version)

    def excludes(self, version: int) -> bool:
        """Whether If-None-Match names this version."""
        return self.none_match is not None and _names(self.none_match, version)


def _names(tags: str | list[int], version: int) -> bool:
    return tags == ANY or version in tags


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"{version}"'


def precondition(headers: dict[str, str]) -> Precondition:
    """The precondition in a request's headers (names in lower case). Raises InvalidHeader for bad grammar."""
    return Precondition(
        _versions(headers, "If-Match", weak=False),
        _versions(headers, "If-None-Match", weak=True),
    )


def _versions(headers: dict[str, str], name: str, weak: bool) -> str | list[int] | None:
    """The versions a header names; If-Match compares strongly, so a weak tag names none."""
    value = headers.get(name.lower())
    if value is None:
        return None
    if value.strip(" \t") == ANY:
        return ANY
    if not re.fullmatch(_LIST, value) or value.count('"') > 2 * MOST_TAGS:
        raise InvalidHeader(f"{name} must be * or a list of at most {MOST_TAGS} entity tags in double quotes.")
    tags = [tag.removeprefix("W/") if weak else tag for tag in re.findall(_TAG, value)]
    return [int(ours[1]) for ours in (re.fullmatch(_OURS, tag) for tag in tags) if ours]

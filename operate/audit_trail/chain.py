"""Verifies the trail of one user: takes its items in their order, in memory that does not grow with them.

Each entry is followed from the one before, and the head says where the last one is. A fault is one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from audit.form import ENTRY, EVENT, FIRST, HEAD, digest, number_of
from audit.heads import is_signed
from audit.signatures import PublicKey
from dynamodb.values import from_item

Entry = dict[str, str | int]
PLACE = re.compile(r"entry#[0-9]{10}|event#.+|head", re.DOTALL)

# No entry covers what else is in a head or in a mark.
FORMS = {"head": {"userId", "place", "entries", "digest", "signature"}, "event": {"userId", "place", "entry"}}


class Seen:
    """The end of a trail as an earlier run saw it: the number of entries, and the digest of the last one."""

    def __init__(self, entries: int, digest: str) -> None:
        self.entries = entries
        self.digest = digest


class Chain:
    """The trail of one user."""

    def __init__(self, key: PublicKey, seen: Seen | None = None) -> None:
        self.number, self.digest = 0, FIRST  # those of the last entry
        self.entries = 0
        self.head: Entry | None = None
        self._key = key
        self._seen = seen
        self._items = 0
        self._marks = 0  # a sum over entries, less the same over marks: 0 if they are the same events

    def take(self, item: Mapping[str, Any]) -> Iterator[str]:
        """The faults of the next item."""
        place = str(item["place"].get("S"))
        if not PLACE.fullmatch(place):
            yield f"an item with the place {place!r} was added; it belongs to no trail"
            return
        self._items += 1
        try:
            found = from_item(item)
            wanted = FORMS.get(place.partition("#")[0])
            if wanted and set(found) != wanted:
                yield f"{named(place)} was changed: it is not in the form that the recorder writes"
            if place.startswith(ENTRY):
                yield from self._entry(found)
            elif place.startswith(EVENT):
                self._marks -= fingerprint(place.removeprefix(EVENT), str(found["entry"]))
            else:
                self.head = found
        except (TypeError, KeyError):
            yield f"{named(place)} was changed: it is not in the form that the recorder writes"
            self._skip(place)

    def end(self) -> Iterator[str]:
        """The faults that only the end shows."""
        if not self._items:
            yield "there is no trail of this user"
            return
        if self._marks:
            yield "the marks of events are not those of the entries; an entry or a mark was added or removed"
        yield from self._of_the_head()
        if self._seen and self._seen.entries > self.number:
            yield f"{entries(self.number + 1, self._seen.entries)} missing that the last run saw"

    def _entry(self, entry: Entry) -> Iterator[str]:
        number = number_of(entry)
        if number > self.number + 1:
            yield f"{entries(self.number + 1, number - 1)} missing"
        if digest(entry) != entry["digest"]:
            yield f"entry {number} was changed: its digest does not match its content"
        elif number == self.number + 1 and entry["previous"] != self.digest:
            yield f"entry {number} does not follow entry {number - 1}: one of them was replaced, moved or reordered"
        if self._seen and number == self._seen.entries and entry["digest"] != self._seen.digest:
            yield f"entry {number} is not the one that the last run saw; the trail was written again"
        self.number, self.digest = number, str(entry["digest"])
        self.entries += 1
        self._marks += fingerprint(str(entry["eventId"]), str(entry["place"]))

    def _of_the_head(self) -> Iterator[str]:
        head = self.head
        if head is None:
            yield "the signed head was removed"
        elif not is_signed(head, self._key):
            yield "the head is forged: its signature is not one of the key"
        elif int(head["entries"]) > self.number:
            yield f"{entries(self.number + 1, int(head['entries']))} missing at the end"
        elif int(head["entries"]) < self.number:
            yield f"{entries(int(head['entries']) + 1, self.number)} not signed: added at the end, or the head is old"
        elif head["digest"] != self.digest:
            yield f"entry {self.number} is not the one that was signed"

    def _skip(self, place: str) -> None:
        """Go on after an entry that cannot be read, without a fault for the next one."""
        if place.startswith(ENTRY):
            self.number = int(place.removeprefix(ENTRY))


def fingerprint(event: str, place: str) -> int:
    """A number for one event and its entry; sums of them differ if the events do."""
    return int.from_bytes(sha256(f"{event} {place}".encode()).digest(), "big")


def entries(first: int, last: int) -> str:
    """The subject of a sentence about some entries."""
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def named(place: str) -> str:
    """An item as a person names it."""
    if place.startswith(ENTRY):
        return f"entry {int(place.removeprefix(ENTRY))}"
    return "the head" if place == HEAD else f"the mark of event {place.removeprefix(EVENT)}"

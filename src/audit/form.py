"""The form of an entry in the table: its place, its digest, and what the first one is linked to."""

from __future__ import annotations

import json
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Entry = dict[str, str | int]

# The first entry of a user is linked to this.
FIRST = "0" * 64
# The trail of what operators do is kept as if it were one of a user.
ADMINISTRATION = "administration"
ACT_STARTED, ACT_ENDED = "AdministrationStarted", "AdministrationEnded"
# The newest version of their schemas.
ACTS = {ACT_STARTED: 1, ACT_ENDED: 1}
# The items of a user: entries, a mark for each event that has one, and the head.
ENTRY, EVENT, HEAD = "entry#", "event#", "head"


def place_of(number: int) -> str:
    """The sort key of a user's entry with this number."""
    return f"{ENTRY}{number:010d}"


def number_of(entry: Entry) -> int:
    """The number of an entry, from its sort key."""
    return int(str(entry["place"]).removeprefix(ENTRY))


def digest(entry: Mapping[str, str | int]) -> str:
    """The digest of an entry's content, the link to the entry before included."""
    content = {name: value for name, value in entry.items() if name != "digest"}
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

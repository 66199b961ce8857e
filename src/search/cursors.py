"""Cursors of a search. Unlike those of the plain list they contain a place of any length, which has a name in it.

A cursor is base64url of:

    format (1 byte) | period (4) | expires (4) | generation # | first page's time (24) | rank (1) | place | MAC (16)

The MAC covers all bytes before it and the whole query. The secrets are those of users.cursors. A place means nothing in
another generation of the index, so the cursors of a generation expire when the next one is served.
"""

from __future__ import annotations

from binascii import a2b_base64

from search.finder import Place
from search.words import SERVED, Rule
from users.cursors import _ALPHABET, _MAC, Cursors, _to_text
from utils.errors import ExpiredCursor, InvalidCursor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from users.reading import Call

_FORMAT = 2
_HEAD = 9
_STARTED = 24
_LONGEST = 2_000  # a place has at most 1,024 bytes


class PlaceCursors(Cursors):
    """Makes and reads the cursors of searches by one rule."""

    def __init__(
        self,
        call: Call,
        keys_table: str,
        *,
        clock: Callable[[], float],
        known: MutableMapping[int, bytes],
        rule: Rule = SERVED,
    ) -> None:
        super().__init__(call, keys_table, clock=clock, known=known)
        self._generation = str(rule.generation)

    def encode_place(self, place: Place, bound_to: str) -> str:
        """The cursor that continues after a place, good for a day and only for the query that it is `bound_to`."""
        rank, text = place.rank
        position = f"{self._generation}#{place.started}{rank}{text}".encode("utf-8", "surrogatepass")
        return self.seal(_FORMAT, position, bound_to)

    def decode_place(self, cursor: str, bound_to: str) -> Place:
        """The place that `cursor` continues after. Raises InvalidCursor, ExpiredCursor."""
        content = self.unseal(_bytes_of(cursor), bound_to).decode("utf-8", "surrogatepass")
        generation, _, position = content.partition("#")
        if generation != self._generation:
            raise ExpiredCursor
        return Place(position[:_STARTED], (int(position[_STARTED]), position[_STARTED + 1 :]))


def _bytes_of(cursor: str) -> bytes:
    """The bytes of a cursor, which has one spelling only. Raises InvalidCursor."""
    text = cursor[1:-1] if len(cursor) > 2 and cursor[0] == cursor[-1] == '"' else cursor
    if not _ALPHABET.issuperset(text) or len(text) > _LONGEST:
        raise InvalidCursor
    try:
        raw = a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except ValueError:
        raise InvalidCursor from None
    if len(raw) <= _HEAD + _STARTED + _MAC or raw[0] != _FORMAT or _to_text(raw) != text:
        raise InvalidCursor
    return raw

"""The place in the index of the search."""

from __future__ import annotations

from search.entries import head_key, words_in
from search.index import said_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from erasing.person import Person
    from search.index import SearchIndex

    Page = tuple[Sequence[Any], str | None]


class SearchEntries:
    """The index has a head for each user, and an entry for each word. A head without the user expires."""

    name = "searchIndex"

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def find(self, person: Person, _after: str | None) -> Page:
        """The keys of the items."""
        said = said_in(self._index.head(person.user_id))
        return [head_key(person.user_id), *words_in(said, {})] if said else [], None

    def remove(self, person: Person, _found: Sequence[Any]) -> None:
        """Bring the index to the state of the table of users, where the record is gone. Raises NotFollowed."""
        self._index.follow(person.user_id)

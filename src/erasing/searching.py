"""The place in the index of the search, which has all generations that are kept."""

from __future__ import annotations

from search.entries import head_key
from search.index import entries_in, said_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from erasing.person import Person
    from search.entries import Key
    from search.index import SearchIndex

    Page = tuple[Sequence[Any], str | None]


class SearchEntries:
    """The index has a head for each user, and an entry for each word. A head without the user expires."""

    name = "searchIndex"

    def __init__(self, *indexes: SearchIndex) -> None:
        self._indexes = indexes

    def find(self, person: Person, _after: str | None) -> Page:
        """The keys of the items."""
        return [key for index in self._indexes for key in _keys(index, person.user_id)], None

    def remove(self, person: Person, _found: Sequence[Any]) -> None:
        """Bring the index to the state of the table of users, where the record is gone. Raises NotFollowed."""
        for index in self._indexes:
            index.follow(person.user_id)


def _keys(index: SearchIndex, user_id: str) -> list[Key]:
    head = index.head(user_id)
    return [head_key(user_id, index.rule), *entries_in(head, index.rule)] if said_in(head) else []

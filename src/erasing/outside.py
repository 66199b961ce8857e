"""The places outside the tables: the objects of pictures, and the identity in the user pool."""

from __future__ import annotations

from pictures.keys import of_user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, Protocol

    from erasing.person import Person

    Page = tuple[Sequence[Any], str | None]
    Version = tuple[str, str]  # the key of an object, and the id of its version

    class Store(Protocol):
        """The objects of a bucket; see adapters.object_store."""

        def versions(self, prefix: str) -> Iterator[Version]:
            """All versions of the objects whose keys begin so, markers of deletions included."""

        def delete_versions(self, versions: Iterable[Version]) -> None:
            """Delete them for good."""

    class Pool(Protocol):
        """The user pool; see adapters.user_pool."""

        def knows(self, subject: str) -> bool:
            """Whether the person is in it."""

        def delete(self, subject: str) -> None:
            """Forget the person."""


class PictureFiles:
    """Pictures and uploads, in all versions: an operator may have switched versions on."""

    name = "pictureFiles"

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, person: Person, _after: str | None) -> Page:
        """The versions. A user has a few."""
        return [each for prefix in of_user(person.user_id) for each in self._store.versions(prefix)], None

    def remove(self, _person: Person, found: Sequence[Version]) -> None:
        """Delete each."""
        self._store.delete_versions(found)


class Identity:
    """The person in the user pool, with email, password and groups."""

    name = "identity"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def find(self, person: Person, _after: str | None) -> Page:
        """The person's id."""
        return [person.subject] if person.subject and self._pool.knows(person.subject) else [], None

    def remove(self, person: Person, _found: Sequence[str]) -> None:
        """Delete the person. FollowSignIn may have done it; then there is nothing to do."""
        self._pool.delete(person.subject)

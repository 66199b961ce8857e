"""The ends of trails that an earlier run saw, in a file of SQLite, so that memory does not grow with their number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from operate.audit_trail.chain import Seen

TABLE = "CREATE TABLE IF NOT EXISTS trails (user TEXT PRIMARY KEY, entries INTEGER, digest TEXT, seen INTEGER)"
KEEP = "INSERT INTO trails VALUES (?, ?, ?, 1) ON CONFLICT (user) DO UPDATE SET entries = ?, digest = ?, seen = 1"


class Remembered:
    """The ends of all trails. Without a file there are none, and nothing is kept."""

    def __init__(self, path: str | None) -> None:
        self._database = sqlite3.connect(path) if path else None

    def __enter__(self) -> Remembered:
        if self._database:
            self._database.execute(TABLE)
            self._database.execute("UPDATE trails SET seen = 0")
        return self

    def __exit__(self, *_: object) -> None:
        if self._database:
            self._database.commit()
            self._database.close()

    def of(self, user: str) -> Seen | None:
        """The end of a user's trail as it was seen."""
        if not self._database:
            return None
        found = self._database.execute("SELECT entries, digest FROM trails WHERE user = ?", (user,)).fetchone()
        return Seen(*found) if found else None

    def keep(self, user: str, entries: int, digest: str, good: bool) -> None:
        """Keep the end of a trail. One with a fault stays as it was seen before."""
        if not self._database:
            return
        if good:
            self._database.execute(KEEP, (user, entries, digest, entries, digest))
        else:
            self._database.execute("UPDATE trails SET seen = 1 WHERE user = ?", (user,))

    def unseen(self) -> Iterator[str]:
        """The users whose trails were seen before and not now."""
        if self._database:
            yield from (user for (user,) in self._database.execute("SELECT user FROM trails WHERE seen = 0"))

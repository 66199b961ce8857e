"""The composition root of the search. A stack without it never loads this module."""

from __future__ import annotations

import time

import wiring
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from search.cursors import PlaceCursors
    from search.finder import Finder
    from utils.deadline import Deadline


def searching(deadline: Deadline) -> Callable[[], tuple[Finder, PlaceCursors]]:
    """Gives what finds users until the deadline, and its cursors. The plain list does not ask for them."""

    def built() -> tuple[Finder, PlaceCursors]:
        from search.cursors import PlaceCursors
        from search.finder import Finder

        call, keys = wiring._call(deadline), setting("USER_KEYS_TABLE")
        finder = Finder(call, setting("USERS_TABLE"), keys, setting("SEARCH_TABLE"), clock=time.time)
        return finder, PlaceCursors(call, keys, clock=time.time, known=wiring._cursor_secrets)

    return built

"""KeepSearchQueue - keeps the index of the search, in all generations that are kept.

Twice, late and in any order are harmless: an event only says which user to look up. The index compares its revision and
takes the newest state, whatever the event was.
"""

from __future__ import annotations

from consumers import wiring
from users.events import SCHEMA_VERSIONS
from utils.consumer import queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.index import SearchIndex
    from utils.consumer import Event


def keep_search(event: Event, indexes: Sequence[SearchIndex]) -> None:
    """Bring the items of the event's user to the user's newest state, in each index."""
    for index in indexes:
        index.follow(str(event.detail["userId"]))


lambda_handler = queue_consumer(keep_search, SCHEMA_VERSIONS, failures=wiring.failures, indexes=wiring.search_indexes)

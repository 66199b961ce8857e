"""The stream of Users - removes from the cache each user that changed, whoever changed it.

Twice, late and in any order are harmless: a user that is not in the cache is read from the table. While the cache does
not answer, Lambda repeats the batch, until each user in it has left the cache by itself.
"""

from __future__ import annotations

from consumers import wiring
from utils.consumer import stream_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    Forget = Callable[[Sequence[Mapping[str, Any]]], bool]


def keep_cache(records: Sequence[Any], forget: Forget) -> str | None:
    """Forget the users of all records at once. The first record is to be retried when that could not be done."""
    done = forget([record["dynamodb"]["Keys"] for record in records])
    return None if done else str(records[0]["dynamodb"]["SequenceNumber"])


lambda_handler = stream_consumer(keep_cache, forget=wiring.forget)

"""The event that says that an erasure is completed, for the audit trail."""

from __future__ import annotations

import json
import uuid

from users.actors import actor_of
from users.events import ERASED, ERASED_VERSION, NAMESPACE
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    class Bus(Protocol):
        """Takes events; see adapters.event_bus."""

        def put(self, entries: Sequence[tuple[str, str]]) -> Sequence[Any]:
            """For each entry its refusal, or None."""


class NotTold(Exception):
    """The bus did not take the event; the message comes again."""


def tell(receipt: Mapping[str, Any], bus: Bus, now: float) -> None:
    """Publish that a turn of an erasure is completed. Twice is harmless: the event has the same id. Raises NotTold."""
    user_id = str(receipt["userId"])
    detail = {
        "id": str(uuid.uuid5(uuid.UUID(NAMESPACE), f"{user_id} {receipt['turn']} {ERASED}")),
        "schemaVersion": ERASED_VERSION,
        "userId": user_id,
        "userVersion": int(receipt["userVersion"]) + 1,
        "time": rfc3339(now),
        "changed": [],
        "actor": actor_of(str(receipt["caller"])),
    }
    if bus.put([(ERASED, json.dumps(detail))]) != [None]:
        raise NotTold

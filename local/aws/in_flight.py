"""Messages that functions had when the emulated AWS ended. The functions ended too, so the messages come again at once.

On AWS a message that Lambda has stays hidden for the visibility timeout of its queue, because a function may still be
working on it. Here none is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

Queue = Mapping[str, Any]


def release(queues: Iterable[Queue], mappings: Iterable[Mapping[str, Any]], now: float | None = None) -> None:
    """Show the messages that functions had, in the queues that `mappings` read; what is delayed stays so."""
    sources = {mapping.get("EventSourceArn") for mapping in mappings}
    shown_at = time.time() if now is None else now
    for queue in queues:
        if queue["attributes"].get("QueueArn") in sources:
            for message in queue["messages"]:
                if message.get("receive_count"):
                    message["visible_at"] = min(message["visible_at"], shown_at)

"""The stream of WebhookDeliveries - sends a message for each turn of a delivery that becomes due.

The table decides what is due, and this function only passes it on. A record that comes twice sends a second message,
and the turn that it names makes it harmless.
"""

from __future__ import annotations

import time

from consumers import wiring
from utils.consumer import stream_consumer
from webhooks.delivery import due_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from adapters.due_queue import DueQueue


def queue_deliveries(records: Sequence[Any], due: DueQueue, clock: Callable[[], float] = time.time) -> str | None:
    """Send the messages in order. It raises at the first failure, and Lambda repeats the batch; otherwise None."""
    for record in records:
        delivery = due_in(record)
        if delivery:
            due.put(delivery, clock())
    return None


lambda_handler = stream_consumer(queue_deliveries, due=wiring.due)

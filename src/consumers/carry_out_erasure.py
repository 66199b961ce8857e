"""The stream of Erasures and CarryOutErasureQueue - removes a person from every place that the system keeps them in.

The stream tells of each turn of an erasure, which becomes a message of the queue, and a message carries out its turn.
Twice is harmless: a message of a turn that is over has no effect, and each removal can be repeated.
"""

from __future__ import annotations

from consumers import wiring
from erasing import wiring as of_erasures
from erasing.receipts import RUNNING
from utils.consumer import STREAM, queue_consumer, stream_consumer
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from adapters.event_queue import EventQueue
    from erasing.receipts import Receipts
    from erasing.walk import Walk
    from utils.consumer import Batch, Event, Failures

DUE = "ErasureDue"


def queue_erasures(records: Sequence[Any], queue: EventQueue, clock: Callable[[], float]) -> str | None:
    """Send a message for each new turn. It raises at the first failure, and Lambda repeats the batch; else None."""
    for record in records:
        old, new = (record["dynamodb"].get(image) or {} for image in ("OldImage", "NewImage"))
        if new.get("status") == {"S": RUNNING} and new["turn"] != old.get("turn"):
            user_id, turn = new["userId"]["S"], int(new["turn"]["N"])
            told = {"id": f"{user_id} {turn}", "schemaVersion": 1, "time": rfc3339(clock())}
            wait = max(0, int(new["dueAt"]["N"]) - int(clock()))
            queue.put(DUE, {**told, "userId": user_id, "turn": turn}, wait)
    return None


def carry_out_erasure(event: Event, receipts: Receipts, walk: Walk) -> None:
    """Carry out one turn."""
    receipt = receipts.get(str(event.detail["userId"]))
    if receipt and receipt["status"] == RUNNING and receipt["turn"] == event.detail["turn"]:
        walk.go_on(receipt)


_of_queue = queue_consumer(
    carry_out_erasure, {DUE: 1}, failures=wiring.failures, receipts=of_erasures.receipts, walk=of_erasures.walk
)
_of_stream = stream_consumer(queue_erasures, queue=of_erasures.queue, clock=of_erasures.clock)


def lambda_handler(batch: Batch, context: Any) -> Failures:
    """Handle a batch of one of the two sources."""
    of_stream = batch["Records"][0].get("eventSource") == STREAM
    return (_of_stream if of_stream else _of_queue)(batch, context)

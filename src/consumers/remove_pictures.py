"""The stream of PicturesTable and RemovePicturesQueue - removes the objects of pictures that are not shown any more.

The stream tells of pictures that were replaced or removed, the queue of users that were deleted. Twice is harmless:
objects that are gone stay gone. Only objects of an earlier ticket than the record's are removed, so an upload that is
being processed keeps its objects.
"""

from __future__ import annotations

import logging

from consumers import wiring
from pictures.keys import of_user, ticket_of
from users.events import DELETED
from utils.consumer import STREAM, queue_consumer, stream_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from adapters.object_store import ObjectStore
    from pictures.records import PictureRecords
    from utils.consumer import Batch, Event, Failures

log = logging.getLogger("users_api")


def remove_user(event: Event, store: ObjectStore, records: PictureRecords) -> None:
    """Remove the record and all objects of a user that is gone."""
    user_id = str(event.detail["userId"])
    records.forget(user_id)
    for prefix in of_user(user_id):
        store.delete(store.keys(prefix))


def remove_replaced(changes: list[Any], store: ObjectStore) -> None:
    """For each change of a record, remove the user's objects of earlier tickets; all if the record is gone."""
    for change in changes:
        user_id = change["dynamodb"]["Keys"]["userId"]["S"]
        newest = (change["dynamodb"].get("NewImage") or {}).get("ticket", {}).get("S")
        pictures, _ = of_user(user_id)
        old = [key for key in store.keys(pictures) if newest is None or ticket_of(key) < newest]
        if old:
            store.delete(old)
            log.info("pictures_removed", extra={"userId": user_id, "objects": len(old)})


_of_queue = queue_consumer(
    remove_user, {DELETED: 1}, failures=wiring.failures, store=wiring.pictures, records=wiring.picture_records
)
_of_stream = stream_consumer(remove_replaced, store=wiring.pictures)


def lambda_handler(batch: Batch, context: Any) -> Failures:
    """Handle a batch of one of the two sources."""
    of_stream = batch["Records"][0].get("eventSource") == STREAM
    return (_of_stream if of_stream else _of_queue)(batch, context)

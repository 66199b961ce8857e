"""ProcessPictureQueue - makes a user's picture from an upload.

Twice is harmless: the result has the ticket of the upload in its key, and the record takes only a later ticket. The
next attempt removes what a crash leaves behind: the upload is deleted last.
"""

from __future__ import annotations

import logging
from hashlib import sha256

from consumers import wiring
from pictures.keys import MOST_BYTES, SIZES, UploadRefused, picture_keys, upload_in
from utils.consumer import Event, queue_consumer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from adapters.object_store import ObjectStore
    from consumers.wiring import Imaging
    from pictures.records import PictureRecords

log = logging.getLogger("users_api")

CREATED = "Object Created"


def uploaded(envelope: Mapping[str, Any]) -> Event:
    """The event of S3, which has its id and time in the envelope of EventBridge, and no schema of ours."""
    told = {name: envelope[name] for name in ("id", "time")}
    return Event(envelope["detail-type"], {**told, "schemaVersion": 1, "key": envelope["detail"]["object"]["key"]})


def process_picture(event: Event, store: ObjectStore, records: PictureRecords, imaging: Imaging) -> None:
    """Show the upload as the user's picture, if it is one, and delete it."""
    key = event.detail["key"]
    upload = upload_in(key)
    if upload is None:
        log.warning("upload_ignored")
        return
    content = store.get(key, MOST_BYTES)
    told = {"userId": upload[0], "ticket": upload[1]}
    if content is None:
        log.info("upload_gone", extra=told)  # an earlier copy of the event is done
        return
    try:
        shown = _show(*upload, _made(content, imaging), store, records)
        log.info("picture_shown" if shown else "picture_not_wanted", extra=told)
    except UploadRefused as refused:
        log.warning("picture_refused", extra={**told, "reason": str(refused)})
    store.delete([key])


def _made(content: bytes, imaging: Imaging) -> Mapping[int, bytes]:
    if len(content) > MOST_BYTES:
        raise UploadRefused("too_large")
    return imaging(content, SIZES)


def _show(user_id: str, ticket: str, made: Mapping[int, bytes], store: ObjectStore, records: PictureRecords) -> bool:
    """Write the objects, then the record; without the record, delete the objects again."""
    digest = sha256(made[max(made)]).hexdigest()[:32]
    keys = picture_keys(user_id, ticket, digest)
    for size, key in keys.items():
        store.put(key, made[size], "image/webp")
    shown = records.point(user_id, ticket, digest)
    if not shown:
        store.delete(keys.values())
    return shown


lambda_handler = queue_consumer(
    process_picture,
    {CREATED: 1},
    failures=wiring.failures,
    read=uploaded,
    store=wiring.pictures,
    records=wiring.picture_records,
    imaging=wiring.imaging,
)

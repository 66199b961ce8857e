"""ExportUsers - one file of an export: a segment of the table of users, read to its end.

Twice is harmless: the file is one object, and the table counts it once. Each record is as it was when it was read.
"""

from __future__ import annotations

from steps import wiring
from transfers.keys import file_key
from transfers.model import export_job
from utils.step import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from adapters.object_store import ObjectStore
    from transfers.files import Compressed
    from transfers.jobs import Jobs
    from users.user import User

    Segment = Callable[[int, int], Iterator[User]]


class ExportGone(Exception):
    """There is no such export."""


def export_users(
    event: Mapping[str, Any], jobs: Jobs, store: ObjectStore, segment: Segment, compressed: Callable[[str], Compressed]
) -> dict[str, Any]:
    """Nothing. `event` names the export and the file, from 1 on."""
    export_id, part = str(event["export"]), int(event["file"])
    job = jobs.get(export_job(export_id))
    if not job:
        raise ExportGone
    with compressed(job["format"]) as made:
        for user in segment(part - 1, job["parts"]):
            made.write(user)
        made.close()
        store.upload(file_key(export_id, part, job["format"]), made.file, "application/gzip")
        counts = {"users": made.count, "bytes": made.size}
        jobs.part_done(job["job"], part, counts, sha256=made.digest)
    return {}


lambda_handler = step(
    export_users, jobs=wiring.jobs, store=wiring.store, segment=wiring.segment, compressed=wiring.compressed
)

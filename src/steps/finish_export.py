"""FinishExport - the last step of an export: writes the manifest, or says that the export has stopped.

Twice is harmless: the manifest is the same, and a completed export stays completed.
"""

from __future__ import annotations

import json
import logging

from steps import wiring
from transfers.keys import file_key, manifest_key
from transfers.model import export_job
from utils.step import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from adapters.object_store import ObjectStore
    from transfers.jobs import Jobs

log = logging.getLogger("users_api")

STOPPED = "Something went wrong on our side. Start another export."


class ExportIncomplete(Exception):
    """A file is missing."""


def finish_export(event: Mapping[str, Any], jobs: Jobs, store: ObjectStore) -> dict[str, Any]:
    """Nothing. `event` names the export, and has `failed` if it has stopped."""
    export_id = str(event["export"])
    job = jobs.get(export_job(export_id))
    if event.get("failed") or not job:
        jobs.fail(export_job(export_id), "export_stopped", STOPPED)
        free_place(jobs, job)
        return {}
    parts = list(jobs.parts(job["job"]))
    if len(parts) != job["parts"]:
        raise ExportIncomplete
    store.put(manifest_key(export_id), _manifest(export_id, job, parts), "application/json")
    jobs.complete(job["job"])
    free_place(jobs, job)
    log.info("export_completed", extra={"exportId": export_id})
    return {}


def free_place(jobs: Jobs, job: Mapping[str, Any] | None) -> None:
    """Let another export run. One that an earlier release started has no place."""
    if job and "place" in job:
        jobs.free_place(job["place"], job["exportId"])


def _manifest(export_id: str, job: Mapping[str, Any], parts: list[dict[str, Any]]) -> bytes:
    """The manifest: the counts, and the digest of each file as it is downloaded."""
    files = [
        {
            "name": file_key(export_id, part["part"], job["format"]).rpartition("/")[2],
            **{name: part[name] for name in ("users", "bytes", "sha256")},
        }
        for part in parts
    ]
    document = {
        "exportId": export_id,
        "format": job["format"],
        "startedAt": job["createdAt"],
        "users": sum(part["users"] for part in parts),
        "files": files,
    }
    return (json.dumps(document, indent=2) + "\n").encode()


lambda_handler = step(finish_export, jobs=wiring.jobs, store=wiring.store)

"""FinishImport - the last step of an import: joins the results, or says that the import has stopped.

Twice is harmless: the results are the same, and a completed import stays completed.
"""

from __future__ import annotations

import logging

from steps import wiring
from transfers.keys import import_in, part_results_key, parts_prefix, results_key, upload_key
from transfers.model import import_job
from utils.step import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from adapters.object_store import ObjectStore
    from transfers.jobs import Jobs

log = logging.getLogger("users_api")

MOST_BYTES = 64_000_000
STOPPED = "Something went wrong on our side. Upload the file again to go on where the import was."


class ResultsMissing(Exception):
    """A part has no results, although it is done."""


def finish_import(event: Mapping[str, Any], jobs: Jobs, store: ObjectStore) -> dict[str, Any]:
    """Nothing. `event` names the import, or the key of its upload and `failed`."""
    import_id = event.get("import") or import_in(event["key"])
    if not import_id:
        return {}
    if event.get("failed"):
        jobs.fail(import_job(import_id), "import_stopped", STOPPED)
        return {}
    job = jobs.get(import_job(import_id)) or {"parts": 0}
    # files of gzip, one after the other, are one file of gzip
    joined = b"".join([_results(store, import_id, part) for part in range(1, job["parts"] + 1)])
    store.put(results_key(import_id), joined, "application/gzip")
    jobs.complete(import_job(import_id))
    store.delete([upload_key(import_id), *store.keys(parts_prefix(import_id)), *store.keys(f"results/{import_id}/")])
    log.info("import_completed", extra={"importId": import_id})
    return {}


def _results(store: ObjectStore, import_id: str, part: int) -> bytes:
    content = store.get(part_results_key(import_id, part), MOST_BYTES)
    if content is None:
        raise ResultsMissing
    return content


lambda_handler = step(finish_import, jobs=wiring.jobs, store=wiring.store)

"""SplitImport - the first step of an import: reads the upload, and writes its rows as parts.

Twice is harmless: the same file makes the same parts. Nothing is imported before all parts are written.
"""

from __future__ import annotations

import json
import logging

from steps import wiring
from transfers.keys import import_in, list_key, part_key, upload_key
from transfers.model import import_job
from transfers.rows import BadUpload, rows_of
from utils.step import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from adapters.object_store import ObjectStore
    from transfers.jobs import Jobs
    from transfers.rows import Entry

log = logging.getLogger("users_api")

PART_ROWS = 500  # 2 to 10 seconds of work
MOST_PARTS = 10_000


def split_import(event: Mapping[str, Any], jobs: Jobs, store: ObjectStore) -> dict[str, Any]:
    """The import, and in `go` whether there are parts to import. `event` is that of S3."""
    import_id = import_in(event["detail"]["object"]["key"])
    job = jobs.get(import_job(import_id)) if import_id else None
    if not import_id or not job or not jobs.begin(job["job"]):
        log.warning("upload_ignored", extra={"importId": import_id})
        return {"import": import_id, "go": False}
    try:
        total, parts = _split(import_id, job, store)
    except BadUpload as bad:
        jobs.fail(job["job"], bad.code, bad.detail)
        store.delete([upload_key(import_id)])
        log.warning("import_refused", extra={"importId": import_id, "reason": bad.code})
        return {"import": import_id, "go": False}
    jobs.run(job["job"], total, len(parts))
    return {"import": import_id, "go": True, "list": list_key(import_id)}


def _split(import_id: str, job: Mapping[str, Any], store: ObjectStore) -> tuple[int, list[int]]:
    """The rows, and the numbers of the parts that have them."""
    total, numbers = 0, []
    with store.file(upload_key(import_id)) as file:
        for number, part in enumerate(_parts(rows_of(file, job["format"], job["charset"])), 1):
            if number > MOST_PARTS:
                raise BadUpload("too_many_rows", f"The file has more than {MOST_PARTS * PART_ROWS} rows.")
            lines = [json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in part]
            content = "\n".join(lines).encode("utf-8", "surrogatepass")
            store.put(part_key(import_id, number), content, "application/x-ndjson")
            total += len(part)
            numbers.append(number)
    if not numbers:
        raise BadUpload("no_rows", "The file has no rows.")
    store.put(list_key(import_id), json.dumps(numbers).encode(), "application/json")
    return total, numbers


def _parts(rows: Iterable[Entry]) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in rows:
        part.append(entry)
        if len(part) == PART_ROWS:
            yield part
            part = []
    if part:
        yield part


lambda_handler = step(split_import, jobs=wiring.jobs, store=wiring.store)

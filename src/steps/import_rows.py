"""ImportRows - one part of an import: creates the users of its rows, or only checks them.

Twice is harmless: each row has an idempotency key, the results of a part are one object, and the table counts it once.
"""

from __future__ import annotations

import gzip
import json

from steps import wiring
from transfers.keys import part_key, part_results_key
from transfers.model import COUNTS, import_job
from transfers.outcomes import outcome
from utils.step import step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from adapters.object_store import ObjectStore
    from steps.wiring import Pace
    from transfers.jobs import Jobs
    from users.imported import ImportedUsers

MOST_BYTES = 64_000_000


class ImportClosed(Exception):
    """The import is gone, or too old for the keys of its rows."""


def import_rows(
    event: Mapping[str, Any],
    jobs: Jobs,
    store: ObjectStore,
    users: ImportedUsers,
    pace: Pace,
    clock: Callable[[], float],
) -> dict[str, Any]:
    """Nothing. `event` names the import and the part."""
    import_id, part = str(event["import"]), int(event["part"])
    job = jobs.get(import_job(import_id))
    if not job or job["openUntil"] < clock():
        raise ImportClosed
    results = _results(store, import_id, part)
    if results is None:
        entries = _entries(store, import_id, part)
        results = [outcome(job, entry, users, jobs) for entry in pace(entries)]
        lines = [json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n" for result in results]
        content = gzip.compress("".join(lines).encode("utf-8", "replace"), mtime=0)
        store.put(part_results_key(import_id, part), content, "application/gzip")
    statuses = [result["status"] for result in results]
    jobs.part_done(job["job"], part, {status: statuses.count(status) for status in COUNTS})
    return {}


def _entries(store: ObjectStore, import_id: str, part: int) -> list[Any]:
    content = store.get(part_key(import_id, part), MOST_BYTES)
    if content is None:
        raise ImportClosed
    return [json.loads(line) for line in content.decode("utf-8", "surrogatepass").split("\n")]


def _results(store: ObjectStore, import_id: str, part: int) -> list[Any] | None:
    """The results of an earlier run of this part."""
    content = store.get(part_results_key(import_id, part), MOST_BYTES)
    return None if content is None else [json.loads(line) for line in gzip.decompress(content).splitlines()]


lambda_handler = step(
    import_rows, jobs=wiring.jobs, store=wiring.store, users=wiring.users, pace=wiring.pace, clock=wiring.clock
)

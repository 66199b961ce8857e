"""The fields of imports and exports, and how clients see them."""

from __future__ import annotations

from utils.timestamps import rfc3339
from utils.validation import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from utils.validation import Check, Reason

    Job = Mapping[str, Any]

NDJSON, CSV = "ndjson", "csv"
CHARSETS = ("utf-8", "windows-1252")
WAITING, READING, RUNNING, COMPLETED, FAILED = "waiting", "reading", "running", "completed", "failed"
# The keys of rows keep their responses for a day, so that a row that is repeated creates no second user. After this
# time an import takes no more rows.
OPEN_SECONDS = 23 * 60 * 60
MOST_EXPORTS = 4  # at once: each reads the whole table
COUNTS = ("created", "valid", "rejected")


def _one_of(*values: str) -> Check:
    """One of these strings."""

    def check(value: object) -> Reason | None:
        return None if value in values else ("invalid_value", f"must be one of {', '.join(values)}.")

    return check


def boolean(value: object) -> Reason | None:
    """true or false."""
    return None if isinstance(value, bool) else ("invalid_type", "must be a boolean.")


IMPORT_FIELDS = {
    "format": Field(_one_of(NDJSON, CSV), required=True),
    "charset": Field(_one_of(*CHARSETS)),
    "dryRun": Field(boolean),
    "keepIds": Field(boolean),
}
EXPORT_FIELDS = {"format": Field(_one_of(NDJSON, CSV), required=True)}


def new_import(members: Mapping[str, Any], import_id: str, caller: str, now: float) -> dict[str, Any]:
    """An import that waits for its upload. `caller` is the one whose writes its users are."""
    return {
        "job": import_job(import_id),
        "importId": import_id,
        "status": WAITING,
        "format": members["format"],
        "charset": members.get("charset", CHARSETS[0]),
        "dryRun": int(members.get("dryRun", False)),
        "keepIds": int(members.get("keepIds", False)),
        "caller": caller,
        "createdAt": rfc3339(now),
        "openUntil": int(now) + OPEN_SECONDS,
    }


def new_export(members: Mapping[str, Any], export_id: str, segments: int, now: float, place: int) -> dict[str, Any]:
    """An export that starts now, in one of the places for exports that run."""
    return {
        "job": export_job(export_id),
        "exportId": export_id,
        "status": RUNNING,
        "format": members["format"],
        "parts": segments,
        "createdAt": rfc3339(now),
        "place": place,
    }


def import_job(import_id: str) -> str:
    """The partition key of an import."""
    return f"import#{import_id}"


def export_job(export_id: str) -> str:
    """The partition key of an export."""
    return f"export#{export_id}"


def shown_import(job: Job) -> dict[str, Any]:
    """An import as clients see it."""
    shown = {name: job[name] for name in ("importId", "status", "format", "charset")}
    shown |= {"dryRun": bool(job["dryRun"]), "keepIds": bool(job["keepIds"])}
    shown |= {name: job[name] for name in ("createdAt", "updatedAt") if name in job}
    if "total" in job:
        counts = {name: job.get(name, 0) for name in COUNTS}
        shown["rows"] = {"total": job["total"], "done": sum(counts.values()), **counts}
    return {**shown, **_problem(job)}


def shown_export(job: Job) -> dict[str, Any]:
    """An export as clients see it."""
    shown = {name: job[name] for name in ("exportId", "status", "format", "createdAt", "updatedAt") if name in job}
    return {**shown, "users": job.get("users", 0), **_problem(job)}


def _problem(job: Job) -> dict[str, Any]:
    return {"problem": {"code": job["code"], "detail": job["detail"]}} if "code" in job else {}

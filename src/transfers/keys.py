"""The keys of the objects of imports and exports in their bucket."""

from __future__ import annotations

from users.user import is_user_id

UPLOADS = "uploads/"


def upload_key(import_id: str) -> str:
    """The file that a client uploads."""
    return f"{UPLOADS}{import_id}"


def import_in(key: str) -> str | None:
    """The import of an upload; None if the key is not one of an upload."""
    import_id = key.removeprefix(UPLOADS)
    return import_id if key.startswith(UPLOADS) and is_user_id(import_id) else None


def parts_prefix(import_id: str) -> str:
    """The beginning of the keys of an import's parts."""
    return f"parts/{import_id}/"


def part_key(import_id: str, part: int) -> str:
    """Some rows of an import."""
    return f"{parts_prefix(import_id)}{part:05}.ndjson"


def list_key(import_id: str) -> str:
    """The list of an import's parts, which the Distributed Map reads."""
    return f"{parts_prefix(import_id)}list.json"


def part_results_key(import_id: str, part: int) -> str:
    """The results of the rows of one part."""
    return f"results/{import_id}/{part:05}.ndjson.gz"


def results_key(import_id: str) -> str:
    """The results of all rows."""
    return f"results/{import_id}.ndjson.gz"


def file_key(export_id: str, part: int, kind: str) -> str:
    """One file of an export."""
    return f"exports/{export_id}/users-{part:05}.{kind}.gz"


def manifest_key(export_id: str) -> str:
    """The manifest of an export."""
    return f"exports/{export_id}/manifest.json"

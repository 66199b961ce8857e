"""Access of a client to the files of one bucket, for some minutes."""

from __future__ import annotations

from transfers.keys import file_key, manifest_key, results_key, upload_key
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from dynamodb.signing import Credentials
    from pictures.signing import Bucket

UPLOAD_SECONDS = 60 * 60
READ_SECONDS = 15 * 60
TYPE = "application/octet-stream"  # for every file: the import has the format


class Access:
    """Access to the objects of one bucket at one moment; an upload has `most_bytes` at most."""

    def __init__(self, bucket: Bucket, credentials: Credentials, now: float, most_bytes: int) -> None:
        self._bucket, self._credentials, self._now = bucket, credentials, now
        self._most_bytes = most_bytes

    def upload(self, import_id: str) -> dict[str, Any]:
        """A form that uploads the file of an import."""
        key = upload_key(import_id)
        form = self._bucket.form(key, TYPE, self._most_bytes, self._now, UPLOAD_SECONDS, self._credentials)
        return {
            "url": self._bucket.url,
            "fields": form,
            "maxBytes": self._most_bytes,
            "expiresAt": rfc3339(self._now + UPLOAD_SECONDS),
        }

    def results(self, import_id: str) -> dict[str, Any]:
        """The URL of an import's results."""
        return {"url": self._url(results_key(import_id)), "expiresAt": self._until()}

    def files(self, export_id: str, kind: str, parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """The URLs of an export's manifest and files."""
        files = [
            {
                "url": self._url(file_key(export_id, part["part"], kind)),
                **{name: part[name] for name in ("users", "bytes", "sha256")},
            }
            for part in parts
        ]
        return {
            "manifest": {"url": self._url(manifest_key(export_id))},
            "files": files,
            "expiresAt": self._until(),
        }

    def _url(self, key: str) -> str:
        return self._bucket.signed_url(key, self._now, READ_SECONDS, self._credentials)

    def _until(self) -> str:
        return rfc3339(self._now + READ_SECONDS)

"""Access of a client to a picture, for some minutes.

The URL of a picture stays the same for some minutes, so that a browser finds the picture in its cache.
"""

from __future__ import annotations

from pictures.keys import MOST_BYTES, new_ticket, picture_keys, upload_key
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dynamodb.signing import Credentials
    from pictures.signing import Bucket

UPLOAD_SECONDS = 300
SAME_SECONDS = 300  # that a URL stays the same
READ_SECONDS = 2 * SAME_SECONDS  # that it is valid from the beginning of these, so SAME_SECONDS at least


class Access:
    """Access to the objects of one bucket at one moment; `token` is unlike any other's."""

    def __init__(self, bucket: Bucket, credentials: Credentials, now: float, token: str) -> None:
        self._bucket = bucket
        self._credentials = credentials
        self._now = now
        self._token = token

    def upload(self, user_id: str, content_type: str) -> dict[str, Any]:
        """A form that uploads one picture of a user."""
        key = upload_key(user_id, new_ticket(self._now, self._token))
        form = self._bucket.form(key, content_type, MOST_BYTES, self._now, UPLOAD_SECONDS, self._credentials)
        return {
            "url": self._bucket.url,
            "fields": form,
            "maxBytes": MOST_BYTES,
            "expiresAt": rfc3339(self._now + UPLOAD_SECONDS),
        }

    def url(self, user_id: str, record: Mapping[str, Any], size: int) -> str:
        """The URL of a user's picture in one size."""
        key = picture_keys(user_id, str(record["ticket"]), str(record["digest"]))[size]
        begin = self._now - self._now % SAME_SECONDS
        return self._bucket.signed_url(key, begin, READ_SECONDS, self._credentials)

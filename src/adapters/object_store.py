"""S3: the objects of one bucket."""

from __future__ import annotations

import shutil
import tempfile

from botocore.exceptions import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any

NOT_THERE = frozenset({"NoSuchKey", "404"})
# A call deletes so many at most: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
MOST_KEYS = 1000
# Browsers may keep an object for as long as they like, because what is under a key never changes.
CACHE = "private, max-age=31536000, immutable"


class NotDeleted(Exception):
    """S3 kept some of the objects; its text is the code of the first."""


class ObjectStore:
    """The objects of one bucket. `client` is one of S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str, most_bytes: int) -> bytes | None:
        """The content of an object, or its first bytes: one more than `most_bytes` at most. None if there is none."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_THERE:
                return None
            raise
        with found["Body"] as body:
            return bytes(body.read(most_bytes + 1))

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Write an object that never changes."""
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=content, ContentType=content_type, CacheControl=CACHE
        )

    def file(self, key: str) -> IO[bytes]:
        """The content of an object in a temporary file. Raises FileNotFoundError."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_THERE:
                raise FileNotFoundError from error
            raise
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        with found["Body"] as body:
            shutil.copyfileobj(body, file, 1 << 20)
        file.seek(0)
        return file

    def upload(self, key: str, file: IO[bytes], content_type: str) -> None:
        """Write an object that never changes from a file."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=file, ContentType=content_type)

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin so."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return (found["Key"] for page in pages for found in page.get("Contents") or ())

    def versions(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Keys that begin so, each with the id of every version, markers of deletions included."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                yield found["Key"], found["VersionId"]

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that is gone already is no error. Raises NotDeleted."""
        self._delete({"Key": key} for key in keys)

    def delete_versions(self, versions: Iterable[tuple[str, str]]) -> None:
        """Delete versions for good; one that is gone already is no error. Raises NotDeleted."""
        self._delete({"Key": key, "VersionId": version} for key, version in versions)

    def _delete(self, objects: Iterable[dict[str, str]]) -> None:
        waiting = list(objects)
        for start in range(0, len(waiting), MOST_KEYS):
            named = waiting[start : start + MOST_KEYS]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": named, "Quiet": True})
            if answer.get("Errors"):
                raise NotDeleted(answer["Errors"][0]["Code"])

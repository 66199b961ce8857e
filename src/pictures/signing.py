"""Forms and URLs by which a client reaches one object of a bucket for a short time, signed without an SDK.

Sources: "Authenticating Requests: Browser-Based Uploads Using POST" and "Authenticating Requests: Using Query
Parameters" (AWS Signature Version 4) in the Amazon S3 API Reference.
"""

from __future__ import annotations

import json
import time
from binascii import b2a_base64

from dynamodb.endpoints import AWS, PARTITIONS
from dynamodb.errors import ConfigurationError
from dynamodb.signing import ALGORITHM, HmacSha256, sha256, signing_key  # type: ignore[attr-defined]
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamodb.signing import Credentials

SERVICE = "s3"
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Bucket:
    """One bucket: `url` without a slash at its end, the host in it, and the path before the keys."""

    __slots__ = ("host", "name", "path", "region", "url")

    def __init__(self, name: str, region: str, url: str) -> None:
        self.name = name
        self.region = region
        self.url = url
        self.host, slash, path = url.partition("://")[2].partition("/")
        self.path = slash + path

    def form(
        self, key: str, content_type: str, most_bytes: int, now: float, seconds: int, credentials: Credentials
    ) -> dict[str, str]:
        """The fields of a form that uploads one object: this key, this type, 1 to `most_bytes` bytes."""
        timestamp = _timestamp(now)
        fields = {
            "key": key,
            "Content-Type": content_type,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{credentials.access_key}/{self._scope(timestamp)}",
            "x-amz-date": timestamp,
            **({"x-amz-security-token": credentials.token} if credentials.token else {}),
        }
        conditions = [{"bucket": self.name}, *({name: value} for name, value in fields.items())]
        policy = {"expiration": rfc3339(now + seconds), "conditions": [*conditions, _length(most_bytes)]}
        encoded = b2a_base64(json.dumps(policy).encode(), newline=False).decode()
        return {**fields, "policy": encoded, "x-amz-signature": self._signature(encoded, timestamp, credentials)}

    def signed_url(self, key: str, now: float, seconds: int, credentials: Credentials) -> str:
        """The URL that reads one object, for some seconds from `now` on. The key has unreserved characters only."""
        timestamp = _timestamp(now)
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{credentials.access_key}/{self._scope(timestamp)}",
            "X-Amz-Date": timestamp,
            "X-Amz-Expires": str(seconds),
            **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
            "X-Amz-SignedHeaders": "host",
        }
        text = "&".join([f"{name}={_encoded(value)}" for name, value in query.items()])
        path = f"{self.path}/{key}"
        canonical = f"GET\n{path}\n{text}\nhost:{self.host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = sha256(canonical.encode()).hexdigest()
        to_sign = f"{ALGORITHM}\n{timestamp}\n{self._scope(timestamp)}\n{digest}"
        return f"{self.url}/{key}?{text}&X-Amz-Signature={self._signature(to_sign, timestamp, credentials)}"

    def _scope(self, timestamp: str) -> str:
        return f"{timestamp[:8]}/{self.region}/{SERVICE}/aws4_request"

    def _signature(self, text: str, timestamp: str, credentials: Credentials) -> str:
        key = signing_key(credentials.secret_key, timestamp[:8], self.region, SERVICE)
        return HmacSha256(key).digest(text).hex()


def bucket_from(environ: Mapping[str, str], name: str) -> Bucket:
    """A bucket where the standard variables say that S3 is: in the region, or at a custom endpoint."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise ConfigurationError("no region: set AWS_REGION")
    custom = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    if custom:
        return Bucket(name, region, f"{custom.rstrip('/')}/{name}")
    suffix = next((names[0] for prefix, names in PARTITIONS.items() if region.startswith(prefix)), AWS[0])
    return Bucket(name, region, f"https://{name}.s3.{region}.{suffix}")


def _length(most_bytes: int) -> list[object]:
    return ["content-length-range", 1, most_bytes]


def _timestamp(now: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def _encoded(value: str) -> str:
    return "".join([it if it in UNRESERVED else "".join([f"%{byte:02X}" for byte in it.encode()]) for it in value])

"""AWS Signature Version 4 for one service in one region.

Source: "Signature Version 4 signing process" in the AWS General Reference.
"""

from __future__ import annotations

from dynamodb.errors import ConfigurationError

try:  # the interpreter's own, ready in a tenth of the time that hashlib takes to load
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "AWS4-HMAC-SHA256"
BLOCK = 64  # bytes, of SHA-256
INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


class Credentials:
    """An access key, its secret, and the session token if the key is a temporary one."""

    __slots__ = ("access_key", "secret_key", "token")

    def __init__(self, access_key: str, secret_key: str, token: str = "") -> None:
        for value in (access_key, token):
            if not (value.isascii() and value.isprintable()):
                raise ConfigurationError(
                    "an access key or session token contains characters that are not allowed in a header"
                )
        self.access_key = access_key
        self.secret_key = secret_key
        self.token = token


class Signer:
    """Signs requests; the key derived for a day is kept until the day or the secret changes."""

    def __init__(self, region: str, service: str = "dynamodb") -> None:
        self._region = region
        self._service = service
        self._derived: tuple[str, str, HmacSha256] | None = None  # date, secret, signing key

    def authorization(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        credentials: Credentials,
        timestamp: str,
    ) -> str:
        """The Authorization header's value. `headers` are all signed: lower-case names, values as sent.

        `path` is that of the request line, without a query; `timestamp` is YYYYMMDDTHHMMSSZ.
        """
        names = sorted(headers)
        signed = ";".join(names)
        lines = "".join([f"{name}:{headers[name]}\n" for name in names])
        canonical = f"{method}\n{path}\n\n{lines}\n{signed}\n{sha256(body).hexdigest()}"
        date = timestamp[:8]
        scope = f"{date}/{self._region}/{self._service}/aws4_request"
        to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = self._key(date, credentials.secret_key).digest(to_sign).hex()
        return f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"

    def _key(self, date: str, secret: str) -> HmacSha256:
        derived = self._derived
        if derived is None or derived[0] != date or derived[1] != secret:
            key = HmacSha256(signing_key(secret, date, self._region, self._service))
            self._derived = derived = (date, secret, key)
        return derived[2]


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key that signs every request of one day (YYYYMMDD) in one region to one service."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = HmacSha256(key).digest(part)
    return key


class HmacSha256:
    """HMAC (RFC 2104) with SHA-256 under one key; the module `hmac` would bring hashlib with it."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > BLOCK:
            key = sha256(key).digest()
        key = key.ljust(BLOCK, b"\0")
        self._inner = sha256(key.translate(INNER_PAD))
        self._outer = sha256(key.translate(OUTER_PAD))

    def digest(self, message: str) -> bytes:
        """The code of `message`, encoded in UTF-8."""
        inner = self._inner.copy()
        inner.update(message.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return bytes(outer.digest())

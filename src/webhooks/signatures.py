"""Signatures as Standard Webhooks defines them: https://github.com/standard-webhooks/standard-webhooks."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from hmac import digest

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A random secret in the form that libraries take."""
    return PREFIX + b64encode(os.urandom(SECRET_BYTES)).decode()


def headers(message_id: str, timestamp: int, body: str, secrets: list[str]) -> dict[str, str]:
    """The headers of a signed delivery, with one signature for each secret."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    return b64encode(digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")).decode()

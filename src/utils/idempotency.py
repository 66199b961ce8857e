"""Idempotency-Key: which request this is, and the answer kept for it."""

from __future__ import annotations

import json

from utils.errors import InvalidHeader
from utils.response import Response, to_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST = 255


class IdempotencyKey:
    """One caller's key and the fingerprint of what was sent with it."""

    __slots__ = ("caller", "fingerprint", "value")

    def __init__(self, caller: str, value: str, content: dict[str, Any]) -> None:
        if not 1 <= len(value) <= LONGEST or not all("\x21" <= character <= "\x7e" for character in value):
            raise InvalidHeader(f"Idempotency-Key must be 1 to {LONGEST} visible ASCII characters.")
        self.caller = caller
        self.value = value
        self.fingerprint = _fingerprint(content)


def _fingerprint(content: dict[str, Any]) -> str:
    """A digest of the fields and values; their order and spacing do not matter."""
    from hashlib import sha256

    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def to_text(answer: Response) -> str:
    """A response in the form that is stored."""
    return to_json([answer.status, answer.headers, answer.body])


def replayed(text: str) -> Response:
    """A kept answer, marked as such."""
    status, headers, body = json.loads(text)
    return Response(status, body, {**headers, "Idempotency-Replayed": "true"})

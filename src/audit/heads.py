"""The head of a user's trail: the number and the digest of its last entry, signed.

A writer that removes the last entries, or writes a whole chain again, cannot make the head that fits.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from audit.form import HEAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from audit.form import Entry
    from audit.signatures import PublicKey

    class SigningKey(Protocol):
        """The key that signs heads."""

        def sign(self, message: bytes) -> bytes:
            """The signature of a message."""

        def public(self) -> bytes:
            """The part that checks signatures, in DER."""


# The purpose is part of what is signed, so that no other signature of the key can be taken for one of a head.
PURPOSE = "users-api audit head 1"


def signed_head(user_id: str, number: int, digest: str, key: SigningKey) -> Entry:
    """The head after this entry."""
    signature = b2a_base64(key.sign(_message(user_id, number, digest)), newline=False).decode()
    return {"userId": user_id, "place": HEAD, "entries": number, "digest": digest, "signature": signature}


def is_signed(head: Mapping[str, str | int], key: PublicKey) -> bool:
    """Whether a head has the signature of the key."""
    try:
        signature = a2b_base64(str(head["signature"]), strict_mode=True)
        message = _message(str(head["userId"]), int(head["entries"]), str(head["digest"]))
    except (KeyError, ValueError):
        return False
    return key.signed(message, signature)


def _message(user_id: str, number: int, digest: str) -> bytes:
    return f"{PURPOSE}\n{user_id}\n{number}\n{digest}".encode()

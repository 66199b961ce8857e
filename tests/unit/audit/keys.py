"""A key that signs as the one in KMS does: the same algorithm by another implementation."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Key:
    """An RSA key of its own."""

    def __init__(self, size: int = 2048) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=size)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message, PKCS1v15(), SHA256())

    def public(self) -> bytes:
        return self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

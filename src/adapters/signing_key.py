"""KMS: an RSA key that signs. Its private part never leaves KMS."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SigningKey:
    """A key, by its id or ARN. `client` is one of KMS."""

    def __init__(self, client: Any, key: str, algorithm: str) -> None:
        self._client = client
        self._key = key
        self._algorithm = algorithm
        self._public = b""

    def sign(self, message: bytes) -> bytes:
        """The signature of a message of at most 4,096 bytes."""
        answer = self._client.sign(
            KeyId=self._key, Message=message, MessageType="RAW", SigningAlgorithm=self._algorithm
        )
        return bytes(answer["Signature"])

    def public(self) -> bytes:
        """The public key in DER. It never changes, so it is asked for once."""
        if not self._public:
            self._public = bytes(self._client.get_public_key(KeyId=self._key)["PublicKey"])
        return self._public

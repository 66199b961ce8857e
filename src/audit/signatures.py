"""RSA signatures, checked with the standard library: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2).

To check a signature takes one power of an integer. To make one takes the private key, which never leaves KMS.
"""

from __future__ import annotations

from hashlib import sha256

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"  # as KMS names it
# The DER of DigestInfo for SHA-256, before the hash (RFC 8017, 9.2, note 1).
DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
# The DER of the algorithm rsaEncryption (RFC 8017, A.1).
RSA_ENCRYPTION = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
SEQUENCE, INTEGER, BIT_STRING = 0x30, 0x02, 0x03


class NoPublicKey(Exception):
    """Bytes that are not the public key of an RSA key."""

    def __str__(self) -> str:
        return "this is not the public key of an RSA key, in DER or PEM"


class PublicKey:
    """The public part of an RSA key."""

    __slots__ = ("_exponent", "_modulus")

    def __init__(self, der: bytes) -> None:
        """From a SubjectPublicKeyInfo in DER, as KMS returns it. Raises NoPublicKey."""
        try:
            whole, rest = _read(der, SEQUENCE)
            if rest or not whole.startswith(RSA_ENCRYPTION):
                raise NoPublicKey
            bits, _ = _read(whole[len(RSA_ENCRYPTION) :], BIT_STRING)
            numbers, _ = _read(bits[1:], SEQUENCE)
            modulus, numbers = _read(numbers, INTEGER)
            exponent, _ = _read(numbers, INTEGER)
        except IndexError:
            raise NoPublicKey from None
        self._modulus = int.from_bytes(modulus, "big")
        self._exponent = int.from_bytes(exponent, "big")

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the holder of the private key signed the message."""
        size = (self._modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self._modulus:
            return False
        content = DIGEST_INFO + sha256(message).digest()
        padding = b"\x00\x01" + b"\xff" * (size - len(content) - 3) + b"\x00"
        return pow(number, self._exponent, self._modulus).to_bytes(size, "big") == padding + content


def _read(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first value, which must have this tag, and the bytes after it."""
    if der[0] != tag:
        raise NoPublicKey
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if len(der) < start + length:
        raise NoPublicKey
    return der[start : start + length], der[start + length :]

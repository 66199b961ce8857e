"""JSON Web Tokens of a Cognito user pool: signature, issuer, time, use, audience."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

# PKCS #1 v1.5, RFC 8017 section 9.2: what stands before a SHA-256 digest
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class InvalidToken(Exception):
    """A token that is not to be trusted; its text says why, for the console only."""


class Expired(InvalidToken):
    """A token that was good once."""


def verified(
    token: str, keys: Mapping[str, Mapping[str, str]], issuer: str, now: float | None = None
) -> dict[str, Any]:
    """The claims of a token. `keys` are the pool's public keys (JWK) by key id. Raises InvalidToken, Expired."""
    header, claims = parts(token)
    if header.get("alg") != "RS256":
        raise InvalidToken(f"its algorithm is {header.get('alg')!r}, not RS256")
    key = keys.get(str(header.get("kid")))
    if key is None:
        raise InvalidToken("it was signed with a key that the pool does not have")
    signed, _, signature = token.rpartition(".")
    if not is_signed(signed.encode(), decoded(signature), number(key["n"]), number(key["e"])):
        raise InvalidToken("its signature is wrong")
    if claims.get("iss") != issuer:
        raise InvalidToken(f"its issuer is {claims.get('iss')!r}, not {issuer!r}")
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        raise InvalidToken("it has no expiry")
    if expires <= (time.time() if now is None else now):
        raise Expired("it has expired")
    return claims


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, not verified. Raises InvalidToken."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise InvalidToken("it does not have three parts")
    try:
        header, claims = (json.loads(decoded(piece)) for piece in pieces[:2])
    except (ValueError, RecursionError) as error:
        raise InvalidToken("it is not JSON") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise InvalidToken("it is not a JSON object")
    return header, claims


def decoded(text: str) -> bytes:
    """base64url without padding. Raises InvalidToken."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("it is not base64url") from error


def number(text: str) -> int:
    """A number of a JWK."""
    return int.from_bytes(decoded(text), "big")


def is_signed(data: bytes, signature: bytes, modulus: int, exponent: int) -> bool:
    """Whether an RS256 signature is right: the whole padded block is made again and compared."""
    size = (modulus.bit_length() + 7) // 8
    digest = DIGEST_INFO + hashlib.sha256(data).digest()
    if len(signature) != size or size < len(digest) + 11:
        return False
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    found = pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    return hmac.compare_digest(found, expected)


def claims_for_functions(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as API Gateway hands them on: all text, times written out, lists joined by commas."""
    found = {}
    for name, value in claims.items():
        if name in ("exp", "iat") and isinstance(value, int | float):
            found[name] = time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(value))
        elif isinstance(value, list):
            found[name] = ",".join(str(item) for item in value)
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found

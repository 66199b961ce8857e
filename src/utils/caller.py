"""The caller of a request, as API Gateway has verified it: nobody, a key, a person or a machine.

API Gateway checks the signature, issuer, expiry, use and scopes of an access token before a function runs. Nothing is
verified here again. Claims that are not those of an access token are nobody's.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

ADMINS = "admins"  # the group of administrators
ANONYMOUS, KEY, PERSON, MACHINE = "anonymous", "key", "person", "machine"


class Caller:
    """One caller. `name` is how writes and kept responses name it: `sub:ID`, `client:ID`, `key:ID` or `anonymous`.

    `subject` is the id of a person in the pool, and "" for all others. `in_admins` says only that the token has
    the group; an administrator needs the scope too (module access). `signed_in_at` is when the person signed in, in
    seconds since the epoch, and 0 if the token does not say it. A refreshed token still has the time of the sign-in.
    """

    __slots__ = ("in_admins", "kind", "name", "scopes", "signed_in_at", "subject")

    def __init__(
        self,
        kind: str,
        name: str,
        subject: str = "",
        scopes: frozenset[str] = frozenset(),
        in_admins: bool = False,
        signed_in_at: int = 0,
    ) -> None:
        self.kind = kind
        self.name = name
        self.subject = subject
        self.scopes = scopes
        self.in_admins = in_admins
        self.signed_in_at = signed_in_at


def caller_in(context: Mapping[str, Any]) -> Caller:
    """The caller in the request context of an event."""
    claims = (context.get("authorizer") or {}).get("claims") or {}
    if claims:
        return _token_holder(claims)
    key = (context.get("identity") or {}).get("apiKeyId")
    return Caller(KEY, f"key:{key}") if key else Caller(ANONYMOUS, ANONYMOUS)


def _token_holder(claims: Mapping[str, Any]) -> Caller:
    """The holder of an access token. A client that asks for itself has its own id as the subject."""
    subject, client = claims.get("sub"), claims.get("client_id")
    if claims.get("token_use") != "access" or not subject or not client:
        return Caller(ANONYMOUS, ANONYMOUS)
    scopes = frozenset(str(claims.get("scope") or "").split())
    if subject == client:
        return Caller(MACHINE, f"client:{client}", scopes=scopes)
    in_admins = ADMINS in _groups(claims.get("cognito:groups"))
    return Caller(PERSON, f"sub:{subject}", subject, scopes, in_admins, _seconds(claims.get("auth_time")))


def _seconds(claim: Any) -> int:
    """A time. API Gateway writes `auth_time` in digits, unlike `iat` and `exp`, which it writes as dates."""
    text = str(claim)
    return int(text) if text.isascii() and text.isdigit() else 0


def _groups(claim: Any) -> list[str]:
    """The groups of a person. API Gateway writes the list as text with commas; others use brackets and spaces."""
    if isinstance(claim, list):
        return claim
    return str(claim or "").strip("[]").replace(",", " ").split()

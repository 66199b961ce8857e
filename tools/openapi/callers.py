"""The callers of an operation: the names that x-lambda uses, and what API Gateway checks for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Callers:
    """A kind of caller: the security scheme that tells one, and the template's condition for asking.

    `deployed` is the scheme as API Gateway wants it, an authorizer say, where the contract's own is not enough.
    """

    scheme: str
    condition: str
    deployed: dict[str, Any] | None = None


# A new kind (people who sign in, administrators, machines) is a row here, its scheme in openapi.yaml, and its condition
# in the template. Scopes are in the operation's own `security`, where clients read them.
KINDS: dict[str, Callers | None] = {
    "anyone": None,
    "key": Callers("apiKey", "KeyRequired"),
}


def schemes(kind: str) -> list[str]:
    """The security schemes that an operation for these callers must name."""
    callers = KINDS[kind]
    return [callers.scheme] if callers else []


def security(kind: str, written: list[dict[str, Any]]) -> dict[str, Any]:
    """`security` for API Gateway, which reads it on operations only: the contract's, asked for by condition."""
    callers = KINDS[kind]
    return {"security": {"Fn::If": [callers.condition, written, []]}} if callers else {}


def deployed_schemes(written: dict[str, Any]) -> dict[str, Any]:
    """The contract's security schemes, as API Gateway wants them."""
    rows = [callers for callers in KINDS.values() if callers and callers.deployed and callers.scheme in written]
    return {**written, **{callers.scheme: callers.deployed for callers in rows}}

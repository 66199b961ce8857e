"""List users without the claim of their email, and claims without their user.

    python -m operate check-claims --users USERS --keys KEYS [--write --bus BUS]

With --write, the command adds the missing claims and removes the claims without a user. Stop all other writers first.
"""

from __future__ import annotations

import argparse
from typing import Any

from dynamodb.errors import ConditionalCheckFailed
from operate import database
from operate.database import Call, get, scan
from users.email_address import canonical
from users.expressions import Expression
from users.items import claim_email
from users.transaction import transact
from wiring import new_token, pause

CHANGES = "claims in UserKeysTable, with --write"
CLAIM = "email#"

add_options = database.add_options


def run(call: Call, options: argparse.Namespace) -> int:
    """List and, with --write, repair the users and claims that do not match; the number that is left."""
    left = sum(not repaired_user(call, options, user) for user in scan(call, options.users))
    left += sum(not repaired_claim(call, options, claim) for claim in scan(call, options.keys))
    print("every email has a claim of its owner" if not left else f"{left} to repair")
    return left


def repaired_user(call: Call, options: argparse.Namespace, user: dict[str, Any]) -> bool:
    """Whether a user has its claim, or has it now; if not, the user is listed."""
    user_id = user["userId"]["S"]
    email = text(user, "email")
    if email is None:
        print(f"user {user_id}: no email; delete the user, or set an email through the API")
        return False
    key = CLAIM + canonical(email)
    owner = text(get(call, options.keys, {"key": key}), "userId")
    if owner == user_id or not get(call, options.users, {"userId": user_id}):
        return True
    repaired = owner is None and options.write and claimed(call, options.keys, user)
    print(f"user {user_id}: {'its email is claimed by ' + owner if owner else 'no claim'}{' - repaired' * repaired}")
    return bool(repaired)


def repaired_claim(call: Call, options: argparse.Namespace, claim: dict[str, Any]) -> bool:
    """Whether a claim has its user, or is gone now; if not, the claim is listed. Other keys are no claims."""
    if not claim["key"]["S"].startswith(CLAIM) or owned(call, options.users, claim):
        return True
    owner = text(claim, "userId")
    if owner is None:
        print(f"claim {claim['key']['S']}: it names no user; check it and delete it by hand")
        return False
    repaired = options.write and released(call, options.keys, claim)
    print(f"claim of {owner}: no user has this email{' - repaired' * repaired}")
    return bool(repaired)


def claimed(call: Call, keys: str, user: dict[str, Any]) -> bool:
    """Write the claim that a user lacks; False where somebody else was faster."""
    action = claim_email(keys, user["userId"]["S"], user["email"]["S"])
    return not transact(call, {"claim": action}, new_token(), pause)


def owned(call: Call, users: str, claim: dict[str, Any]) -> bool:
    """Whether the user that a claim names has the email that it claims."""
    owner = text(claim, "userId")
    email = text(get(call, users, {"userId": owner}), "email") if owner else None
    return email is not None and CLAIM + canonical(email) == claim["key"]["S"]


def text(item: dict[str, Any], name: str) -> str | None:
    """An attribute that is a string; another tool may have written something else."""
    found: str | None = item.get(name, {}).get("S")
    return found


def released(call: Call, keys: str, claim: dict[str, Any]) -> bool:
    """Remove a claim, if it still names who it named."""
    still = Expression().require("userId", "=", claim["userId"]["S"])
    try:
        call("DeleteItem", still.condition(TableName=keys, Key={"key": claim["key"]}))
    except ConditionalCheckFailed:
        return False
    return True

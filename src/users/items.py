"""The items of both tables, and the actions of a transaction that write them.

`Users` holds the users, with two attributes that clients do not see as fields: `version`, which is the entity tag, and
`lastWrite`, the token of the last write. `UserKeys` holds claims: `email#<canonical address>` names the one owner of an
address, and `request#<caller>#<idempotency key>` keeps the response to a request until `expiresAt`.
"""

from __future__ import annotations

from dynamodb.values import to_item
from users.email_address import canonical
from users.expressions import Expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.user import User
    from utils.idempotency import IdempotencyKey
    from utils.response import Response

    Action = dict[str, dict[str, Any]]

KEPT_SECONDS = 24 * 60 * 60  # how long the answer to an idempotency key is kept


def put_user(table: str, user: User, token: str) -> Action:
    """Write a user that is not there."""
    item = to_item({**user, "version": user.version, "lastWrite": token})
    return {"Put": Expression().require_absent("userId").condition(TableName=table, Item=item)}


def claim_email(table: str, user_id: str, email: str) -> Action:
    """Take an address that nobody holds."""
    item = to_item({"key": email_key(email), "userId": user_id})
    return {"Put": Expression().require_absent("key").condition(TableName=table, Item=item)}


def release_email(table: str, user: User) -> Action:
    """Give back the address that the user holds."""
    owned = Expression().require_absent("key", ("userId", "=", user["userId"]))
    return {"Delete": owned.condition(TableName=table, Key=to_item({"key": email_key(user["email"])}))}


def keep_answer(table: str, user_id: str, key: IdempotencyKey, answer: Response, now: int) -> Action:
    """Keep the answer under an idempotency key that is free: unused, or used so long ago that it does not count."""
    from utils.idempotency import to_text  # most requests come without a key

    kept: dict[str, str | int] = {
        "key": f"request#{key.caller}#{key.value}",
        "userId": user_id,
        "fingerprint": key.fingerprint,
        "response": to_text(answer),
        "expiresAt": now + KEPT_SECONDS,
    }
    free = Expression().require_absent("key", ("expiresAt", "<=", now))
    return {"Put": free.condition(TableName=table, Item=to_item(kept))}


def email_key(email: str) -> str:
    """The key of the claim of an address."""
    return f"email#{canonical(email)}"

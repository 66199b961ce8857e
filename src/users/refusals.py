"""The meaning of a condition that did not hold, from the item that failed it."""

from __future__ import annotations

from dynamodb.values import from_item
from users.errors import InvalidUser, UserNotFound
from users.model import FIELDS, Changes
from users.reading import user_from
from utils.errors import IdempotencyKeyReused, PreconditionFailed
from utils.idempotency import replayed
from utils.validation import problem_of, read_only

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.user import Item, User
    from utils.idempotency import IdempotencyKey
    from utils.preconditions import Precondition
    from utils.response import Response


class Moved(PreconditionFailed):
    """The user changed since it was read, though not against what the request asks."""


class BrokenClaim(Exception):
    """The claim of a user's email does not name that user: nothing was changed, and an operator has to check."""


def refusal(item: Item | None, precondition: Precondition, changes: Changes) -> Exception:
    """Why a write of a user was refused; Moved where it was only because the user is no longer the one read."""
    if not item:
        return UserNotFound()
    user = user_from(item)
    if not precondition.holds(user.version):
        return PreconditionFailed(user.etag)
    for name, value in changes.expected.items():
        if user.get(name) != value:
            return InvalidUser([problem_of(name, read_only(name))])
    missing = _missing(user, changes) if changes.set or changes.removed else []
    return InvalidUser(missing) if missing else Moved(user.etag)


def _missing(user: User, changes: Changes) -> list[dict[str, Any]]:
    """The problems of required fields that another tool left out and the changes do not set."""
    names = [name for name, field in FIELDS.items() if field.required and name not in user and name not in changes.set]
    return [problem_of(name, ("required", f"{name} is required; this user has none.")) for name in names]


def check_current(item: Item | None, precondition: Precondition, changes: Changes | None = None) -> None:
    """Raise what a refused transaction means, unless it is only that the user changed since it was read."""
    reason = refusal(item, precondition, changes or Changes({}))
    if not isinstance(reason, Moved):
        raise reason


def kept_answer(reason: Item, key: IdempotencyKey) -> Response:
    """The answer that is kept under the key. Raises IdempotencyKeyReused if it was for another request."""
    record = from_item({name: reason["Item"][name] for name in ("fingerprint", "response")})
    if record["fingerprint"] != key.fingerprint:
        raise IdempotencyKeyReused
    return replayed(str(record["response"]))


def owner(reason: Item | None) -> str | None:
    """The user that a refused claim belongs to."""
    found: str | None = ((reason or {}).get("Item") or {}).get("userId", {}).get("S")
    return found

"""PUT and PATCH /users/{userId} - change some of a user's fields."""

from __future__ import annotations

import wiring
from users.model import FIELDS, Changes, invalid
from utils.http import endpoint
from utils.response import ok
from utils.validation import validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.repository import UserRepository
    from utils.http import Request
    from utils.response import Response


def update_user(request: Request, users: UserRepository) -> Response:
    """200 with the whole user as it is after the change."""
    changes = Changes(validated(request.json(), FIELDS, invalid, partial=True))
    user = users.update(request.path["userId"], changes, request.precondition)
    return ok(user, etag=user.etag)


lambda_handler = endpoint(update_user, users=wiring.users)

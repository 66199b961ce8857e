"""POST /users - create a user."""

from __future__ import annotations

import wiring
from users.model import FIELDS, invalid
from utils.http import endpoint
from utils.response import created
from utils.validation import validated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.repository import UserRepository
    from users.user import User
    from utils.http import Request
    from utils.response import Response


def create_user(request: Request, users: UserRepository) -> Response:
    """201 with the new user, or the first answer again for an Idempotency-Key that was used before."""
    members = validated(request.json(), FIELDS, invalid)

    def answer(user: User) -> Response:
        return created(user, location=f"{request.location}/{user['userId']}", etag=user.etag)

    return users.create(members, answer, request.idempotency_key(members))


lambda_handler = endpoint(create_user, users=wiring.users)

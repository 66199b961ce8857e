"""DELETE /users/{userId} - remove a user."""

from __future__ import annotations

import wiring
from utils.http import endpoint
from utils.response import ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.repository import UserRepository
    from utils.http import Request
    from utils.response import Response


def delete_user(request: Request, users: UserRepository) -> Response:
    """200 with the id of the user that is gone."""
    user_id = request.path["userId"]
    users.delete(user_id, request.precondition)
    return ok({"message": "User deleted.", "userId": user_id})


lambda_handler = endpoint(delete_user, users=wiring.users)

"""POST /admin/users/{userId}/sign-out - end all sessions of a person."""

from __future__ import annotations

from administration import wiring
from guard import ADMINS, guarded
from utils.http import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.administration import Administration
    from utils.http import Request
    from utils.response import Response


def sign_out_user(request: Request, users: Administration) -> Response:
    """200 with the user."""
    user_id = request.path["userId"]
    key = request.idempotency_key({"signOut": user_id})
    return users.sign_out(user_id, request.precondition, key)


lambda_handler = endpoint(guarded(sign_out_user, ADMINS), users=wiring.users)

"""POST /admin/users/{userId}/enable - let a person in again."""

from __future__ import annotations

from administration import wiring
from guard import ADMINS, guarded
from utils.http import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.administration import Administration
    from utils.http import Request
    from utils.response import Response


def enable_user(request: Request, users: Administration) -> Response:
    """200 with the user, also if nothing changes."""
    user_id = request.path["userId"]
    key = request.idempotency_key({"enable": user_id})
    return users.enable(user_id, request.precondition, key)


lambda_handler = endpoint(guarded(enable_user, ADMINS), users=wiring.users)

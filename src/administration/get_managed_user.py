"""GET /admin/users/{userId} - one user with what only administrators see."""

from __future__ import annotations

from administration import wiring
from guard import ADMINS, guarded
from utils.http import endpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.administration import Administration
    from utils.http import Request
    from utils.response import Response


def get_managed_user(request: Request, users: Administration) -> Response:
    """200 with the user."""
    return users.managed(request.path["userId"])


lambda_handler = endpoint(guarded(get_managed_user, ADMINS), users=wiring.users)

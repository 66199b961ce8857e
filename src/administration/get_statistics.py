"""GET /admin/stats - how many users there are."""

from __future__ import annotations

from administration import wiring
from guard import ADMINS, guarded
from utils.http import endpoint
from utils.response import ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.administration import Administration
    from utils.http import Request
    from utils.response import Response


def get_statistics(request: Request, users: Administration) -> Response:
    """200 with the number, which is some hours old."""
    del request
    return ok(users.statistics())


lambda_handler = endpoint(guarded(get_statistics, ADMINS), users=wiring.users)

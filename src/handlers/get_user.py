"""GET /users/{userId} - one user."""

from __future__ import annotations

import wiring
from utils.errors import PreconditionFailed
from utils.http import endpoint
from utils.response import REVALIDATE, not_modified, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.reading import UserReader
    from utils.http import Request
    from utils.response import Response


def get_user(request: Request, users: UserReader) -> Response:
    """200 with the user, or 304 when the client has it already."""
    precondition = request.precondition
    user = users.get(request.path["userId"])
    if not precondition.matches(user.version):
        raise PreconditionFailed(user.etag)
    if precondition.excludes(user.version):
        return not_modified(user.etag)
    return ok(user, etag=user.etag, cache=REVALIDATE)


lambda_handler = endpoint(get_user, users=wiring.reader)

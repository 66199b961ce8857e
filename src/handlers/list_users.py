"""GET /users - users, a page at a time."""

from __future__ import annotations

import wiring
from utils.http import endpoint, whole_number
from utils.response import REVALIDATE, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.cursors import Cursors
    from users.reading import UserReader
    from utils.http import Parameter, Request
    from utils.response import Response

DEFAULT_LIMIT = 100
PARAMETERS: dict[str, Parameter] = {"limit": whole_number("limit", 1, 1000), "lastKey": str}

# A cursor is bound to this route and the parameters that choose which users are listed. `limit` chooses only how
# many come at a time, so a client may change it on the way.
BOUND_TO = "GET /users"


def list_users(request: Request, users: UserReader, cursors: Cursors) -> Response:
    """200 with up to `limit` users and, while there are more, the cursor of the next page."""
    limit: int = request.query.get("limit", DEFAULT_LIMIT)
    cursor: str | None = request.query.get("lastKey")
    after = cursors.decode(cursor, BOUND_TO) if cursor is not None else None
    found, last = users.list(limit, after)
    page: dict[str, Any] = {"users": found, "count": len(found), "hasMore": last is not None}
    if last is None:
        return ok(page, cache=REVALIDATE)
    page["lastKey"] = cursors.encode(last, BOUND_TO)
    link = f'<{request.location}?limit={limit}&lastKey={page["lastKey"]}>; rel="next"'
    return ok(page, cache=REVALIDATE, Link=link)


lambda_handler = endpoint(list_users, parameters=PARAMETERS, users=wiring.reader, cursors=wiring.cursors)

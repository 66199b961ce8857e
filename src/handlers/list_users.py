"""GET /users - users, a page at a time."""

from __future__ import annotations

import wiring
from utils.http import endpoint, whole_number
from utils.response import REVALIDATE, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from users.page_keys import PageKeys
    from users.reading import UserReader
    from utils.http import Parameter, Request
    from utils.response import Response

DEFAULT_LIMIT = 100
PARAMETERS: dict[str, Parameter] = {"limit": whole_number("limit", 1, 1000), "lastKey": str}

# What a page key is bound to: this route and the parameters that choose which users are listed. `limit` chooses only
# how many come at a time, so a client may change it on the way.
BOUND_TO = "GET /users"


def list_users(request: Request, users: UserReader, page_keys: PageKeys) -> Response:
    """200 with up to `limit` users and, while there are more, the key of the next page."""
    limit: int = request.query.get("limit", DEFAULT_LIMIT)
    key: str | None = request.query.get("lastKey")
    after = page_keys.decode(key, BOUND_TO) if key is not None else None
    found, last = users.list(limit, after)
    page: dict[str, Any] = {"users": found, "count": len(found), "hasMore": last is not None}
    if last is None:
        return ok(page, cache=REVALIDATE)
    page["lastKey"] = page_keys.encode(last, BOUND_TO)
    link = f'<{request.location}?limit={limit}&lastKey={page["lastKey"]}>; rel="next"'
    return ok(page, cache=REVALIDATE, Link=link)


lambda_handler = endpoint(list_users, parameters=PARAMETERS, users=wiring.reader, page_keys=wiring.page_keys)

"""A page of a list: its query parameters, and its response while there are more pages.

The core operations have their own form of this, so that they load no module more.
"""

from __future__ import annotations

from utils.http import whole_number
from utils.response import REVALIDATE, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from utils.http import Parameter, Request
    from utils.response import Response

DEFAULT_LIMIT = 100
PARAMETERS: dict[str, Parameter] = {"limit": whole_number("limit", 1, 1000), "lastKey": str}


def limit_of(request: Request) -> int:
    """How many items the client wants at most."""
    limit: int = request.query.get("limit", DEFAULT_LIMIT)
    return limit


def page(request: Request, name: str, items: list[Any], last_key: str | None) -> Response:
    """200 with the items under `name`, and with the cursor of the next page if there is one."""
    document: dict[str, Any] = {name: items, "count": len(items), "hasMore": last_key is not None}
    if last_key is None:
        return ok(document, cache=REVALIDATE)
    document["lastKey"] = last_key
    link = f'<{request.location}?limit={limit_of(request)}&lastKey={last_key}>; rel="next"'
    return ok(document, cache=REVALIDATE, Link=link)

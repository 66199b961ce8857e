"""GET /webhooks - webhooks, a page at a time."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.paging import PARAMETERS, limit_of, page
from webhooks import wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.cursors import Cursors
    from utils.http import Request
    from utils.response import Response
    from webhooks.repository import WebhookRepository

BOUND_TO = "GET /webhooks"


def list_webhooks(request: Request, webhooks: WebhookRepository, cursors: Cursors) -> Response:
    """200 with up to `limit` webhooks and, while there are more, the cursor of the next page."""
    cursor: str | None = request.query.get("lastKey")
    after = cursors.decode(cursor, BOUND_TO) if cursor is not None else None
    found, last = webhooks.list(limit_of(request), after)
    next_page = cursors.encode(last, BOUND_TO) if last is not None else None
    return page(request, "webhooks", [each.shown() for each in found], next_page)


lambda_handler = endpoint(
    permitted(list_webhooks, ADMINS), parameters=PARAMETERS, webhooks=wiring.webhooks, cursors=wiring.cursors
)

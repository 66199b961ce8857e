"""GET /webhooks/{webhookId}/deliveries - the deliveries of a webhook, the newest first."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.paging import PARAMETERS, limit_of, page
from webhooks import wiring
from webhooks.delivery import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.cursors import Cursors
    from utils.http import Request
    from utils.response import Response
    from webhooks.deliveries import Deliveries
    from webhooks.repository import WebhookRepository


def list_deliveries(
    request: Request, webhooks: WebhookRepository, deliveries: Deliveries, cursors: Cursors
) -> Response:
    """200 with up to `limit` deliveries and, while there are more, the cursor of the next page."""
    webhook_id = request.path["webhookId"]
    webhooks.get(webhook_id)
    bound_to = f"GET /webhooks/{webhook_id}/deliveries"
    cursor: str | None = request.query.get("lastKey")
    after = cursors.decode(cursor, bound_to) if cursor is not None else None
    found, last = deliveries.list(webhook_id, limit_of(request), after)
    next_page = cursors.encode(last, bound_to) if last is not None else None
    return page(request, "deliveries", [shown(each) for each in found], next_page)


lambda_handler = endpoint(
    permitted(list_deliveries, ADMINS),
    parameters=PARAMETERS,
    webhooks=wiring.webhooks,
    deliveries=wiring.deliveries,
    cursors=wiring.cursors,
)

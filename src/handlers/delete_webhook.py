"""DELETE /webhooks/{webhookId} - remove a webhook."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.response import ok
from webhooks import wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from webhooks.repository import WebhookRepository


def delete_webhook(request: Request, webhooks: WebhookRepository) -> Response:
    """200 with the id of the webhook that is gone. Its deliveries that are not done are canceled."""
    webhook_id = request.path["webhookId"]
    webhooks.delete(webhook_id, request.precondition)
    return ok({"message": "Webhook deleted.", "webhookId": webhook_id})


lambda_handler = endpoint(permitted(delete_webhook, ADMINS), webhooks=wiring.webhooks)

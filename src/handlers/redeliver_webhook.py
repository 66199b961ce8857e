"""POST /webhooks/{webhookId}/deliveries/{deliveryId}/redeliver - deliver an event once more."""

from __future__ import annotations

import time

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.response import ok
from webhooks import wiring
from webhooks.delivery import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from webhooks.deliveries import Deliveries
    from webhooks.repository import WebhookRepository


def redeliver_webhook(request: Request, webhooks: WebhookRepository, deliveries: Deliveries) -> Response:
    """200 with the delivery, which is due at once."""
    webhook_id = request.path["webhookId"]
    webhooks.get(webhook_id)
    return ok(shown(deliveries.redeliver(webhook_id, request.path["deliveryId"], time.time())))


lambda_handler = endpoint(permitted(redeliver_webhook, ADMINS), webhooks=wiring.webhooks, deliveries=wiring.deliveries)

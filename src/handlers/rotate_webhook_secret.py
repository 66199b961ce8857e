"""POST /webhooks/{webhookId}/rotate-secret - give a webhook a new secret."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.response import ok
from webhooks import wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from webhooks.model import Webhook
    from webhooks.repository import WebhookRepository


def rotate_webhook_secret(request: Request, webhooks: WebhookRepository) -> Response:
    """200 with the webhook and its new secret. The secret before stays valid for a day."""
    webhook_id = request.path["webhookId"]

    def answer(webhook: Webhook) -> Response:
        return ok({**webhook.shown(), "secret": webhook.values["secret"]}, etag=webhook.etag)

    key = request.idempotency_key({f"POST /webhooks/{webhook_id}/rotate-secret": {}})
    return webhooks.rotate_secret(webhook_id, answer, key)


lambda_handler = endpoint(permitted(rotate_webhook_secret, ADMINS), webhooks=wiring.webhooks)

"""PATCH /webhooks/{webhookId} - change some of a webhook's fields."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.response import ok
from utils.validation import validated
from webhooks import wiring
from webhooks.model import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from utils.validation import Field
    from webhooks.repository import WebhookRepository


def update_webhook(request: Request, webhooks: WebhookRepository, fields: dict[str, Field]) -> Response:
    """200 with the whole webhook as it is after the change."""
    members = validated(request.json(), fields, invalid, partial=True)
    webhook = webhooks.update(request.path["webhookId"], members, request.precondition)
    return ok(webhook.shown(), etag=webhook.etag)


lambda_handler = endpoint(permitted(update_webhook, ADMINS), webhooks=wiring.webhooks, fields=wiring.fields)

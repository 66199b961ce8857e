"""POST /webhooks - create a webhook."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.http import endpoint
from utils.response import created
from utils.validation import validated
from webhooks import wiring
from webhooks.model import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from utils.validation import Field
    from webhooks.model import Webhook
    from webhooks.repository import WebhookRepository


def create_webhook(request: Request, webhooks: WebhookRepository, fields: dict[str, Field]) -> Response:
    """201 with the new webhook. Only this response has its secret."""
    members = validated(request.json(), fields, invalid)

    def answer(webhook: Webhook) -> Response:
        document = {**webhook.shown(), "secret": webhook.values["secret"]}
        return created(document, location=f"{request.location}/{document['webhookId']}", etag=webhook.etag)

    return webhooks.create(members, answer, request.idempotency_key({"POST /webhooks": members}))


lambda_handler = endpoint(permitted(create_webhook, ADMINS), webhooks=wiring.webhooks, fields=wiring.fields)

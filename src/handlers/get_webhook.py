"""GET /webhooks/{webhookId} - one webhook."""

from __future__ import annotations

from guard import ADMINS, permitted
from utils.errors import PreconditionFailed
from utils.http import endpoint
from utils.response import REVALIDATE, not_modified, ok
from webhooks import wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from utils.http import Request
    from utils.response import Response
    from webhooks.repository import WebhookRepository


def get_webhook(request: Request, webhooks: WebhookRepository) -> Response:
    """200 with the webhook, or 304 when the client has it already."""
    precondition = request.precondition
    webhook = webhooks.get(request.path["webhookId"])
    if not precondition.matches(webhook.version):
        raise PreconditionFailed(webhook.etag)
    if precondition.excludes(webhook.version):
        return not_modified(webhook.etag)
    return ok(webhook.shown(), etag=webhook.etag, cache=REVALIDATE)


lambda_handler = endpoint(permitted(get_webhook, ADMINS), webhooks=wiring.webhooks)

"""The errors that a request about webhooks can get.

AppError
├── BadRequest                 400
│   └── InvalidFields          400
│       └── InvalidWebhook     400  invalid_webhook
├── WebhookNotFound            404  webhook_not_found
└── DeliveryNotFound           404  delivery_not_found
"""

from __future__ import annotations

from utils.errors import AppError, InvalidFields


class InvalidWebhook(InvalidFields):
    """Fields of the body break the rules of a webhook."""

    code = "invalid_webhook"
    title = "Invalid webhook"


class WebhookNotFound(AppError):
    """No webhook has this id."""

    status = 404
    code = "webhook_not_found"
    title = "Webhook not found"
    detail = "There is no webhook with this id."


class DeliveryNotFound(AppError):
    """The webhook has no delivery with this id."""

    status = 404
    code = "delivery_not_found"
    title = "Delivery not found"
    detail = "The webhook has no delivery with this id."

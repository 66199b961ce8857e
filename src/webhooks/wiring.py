"""The composition root of the handlers of webhooks. The five operations of users never load it."""

from __future__ import annotations

import time

import wiring
from utils.config import setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from users.cursors import Cursors
    from utils.deadline import Deadline
    from utils.validation import Field
    from webhooks.deliveries import Deliveries
    from webhooks.repository import WebhookRepository


def webhooks(deadline: Deadline) -> WebhookRepository:
    """The webhooks to be read and written, reachable until the deadline."""
    from webhooks.repository import WebhookRepository
    from webhooks.signatures import new_secret

    return WebhookRepository(
        wiring._call(deadline),
        setting("WEBHOOKS_TABLE"),
        setting("USER_KEYS_TABLE"),
        clock=time.time,
        new_id=wiring.new_uuid,
        new_token=wiring.new_token,
        new_secret=new_secret,
        pause=wiring.pause,
    )


def deliveries(deadline: Deadline) -> Deliveries:
    """The log of deliveries."""
    from users.reading import available
    from webhooks.deliveries import Deliveries

    return Deliveries(available(wiring._call(deadline)), setting("WEBHOOK_DELIVERIES_TABLE"))


def cursors(deadline: Deadline) -> Cursors:
    """The cursors of the lists."""
    return wiring.cursors(deadline)


def fields(_deadline: Deadline) -> dict[str, Field]:
    """The rules of a webhook's fields."""
    from webhooks.model import fields

    return fields(setting("WEBHOOKS_TO_LOCALHOST") == "true")

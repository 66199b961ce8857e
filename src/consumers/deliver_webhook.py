"""DeliverWebhookQueue - makes one attempt to deliver an event to a webhook, and records the result.

Twice is harmless: a message names a turn of its delivery, and the turn is over when an attempt is recorded. A crash in
between repeats the attempt with the same webhook-id, by which the receiver knows it.
"""

from __future__ import annotations

import logging
import random
import time

from consumers import wiring
from utils.consumer import queue_consumer
from utils.timestamps import rfc3339
from webhooks.delivery import FAILED, PENDING, attempted, canceled
from webhooks.errors import DeliveryNotFound
from webhooks.schedule import behind
from webhooks.signatures import headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from adapters.due_queue import DueQueue
    from utils.consumer import Event
    from webhooks.deliveries import Deliveries
    from webhooks.dispatch import Receivers
    from webhooks.model import Webhook
    from webhooks.sending import Outcome

    Post = Callable[[str, dict[str, str], str], Outcome]

log = logging.getLogger("users_api")
TYPES = {"DeliveryDue": 1}


def deliver_webhook(
    event: Event,
    receivers: Receivers,
    deliveries: Deliveries,
    due: DueQueue,
    post: Post,
    clock: Callable[[], float] = time.time,
) -> None:
    """Make the attempt that is due. One that is due later is queued again, since a queue waits 15 minutes at most."""
    try:
        delivery = deliveries.get(str(event.detail["webhookId"]), event.id)
    except DeliveryNotFound:
        return
    if delivery["status"] != PENDING or delivery["turn"] != event.detail["turn"]:
        return
    if delivery["dueAt"] > clock():
        due.put(delivery, clock())
        return
    webhook = receivers.get(delivery["webhookId"])
    if not webhook or not webhook.enabled:
        deliveries.record(canceled(delivery))
        return
    slot = receivers.reserved(webhook, clock(), random.random)
    if slot is None:
        due.put({**delivery, "dueAt": clock() + behind(random.random)}, clock())
        return
    _attempt(webhook, delivery, slot, receivers, deliveries, post, clock)


def _attempt(
    webhook: Webhook,
    delivery: dict[str, Any],
    slot: str,
    receivers: Receivers,
    deliveries: Deliveries,
    post: Post,
    clock: Callable[[], float],
) -> None:
    secrets = webhook.secrets(rfc3339(clock()))
    signed = headers(delivery["deliveryId"], int(clock()), delivery["body"], secrets)
    outcome = post(webhook.values["url"], signed, delivery["body"])
    after = attempted(delivery, outcome, clock(), random.random)
    if not deliveries.record(after):
        return
    if outcome.delivered:
        receivers.succeeded(webhook, outcome.milliseconds, clock(), slot)
    elif receivers.failed(webhook, outcome.status, clock(), last=after["status"] == FAILED):
        log.error("webhook_disabled", extra={"webhookId": webhook.values["webhookId"]})


lambda_handler = queue_consumer(
    deliver_webhook,
    TYPES,
    failures=wiring.failures,
    receivers=wiring.receivers,
    deliveries=wiring.deliveries,
    due=wiring.due,
    post=wiring.post,
)

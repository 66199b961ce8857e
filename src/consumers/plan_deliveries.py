"""PlanDeliveriesQueue - plans one delivery of an event for each webhook that is subscribed to it.

Twice is harmless: a delivery has an id made of the event's and the webhook's, and the database keeps one.
"""

from __future__ import annotations

import time

from consumers import wiring
from users.events import SCHEMA_VERSIONS
from utils.consumer import queue_consumer
from webhooks.delivery import planned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from utils.consumer import Event
    from webhooks.deliveries import Deliveries
    from webhooks.dispatch import Receivers


def plan_deliveries(
    event: Event, receivers: Receivers, deliveries: Deliveries, clock: Callable[[], float] = time.time
) -> None:
    """Write the deliveries; the stream of their table passes them on."""
    for webhook in receivers.wanting(event.type):
        deliveries.plan(planned(webhook.values["webhookId"], event.type, event.detail, clock()))


lambda_handler = queue_consumer(
    plan_deliveries,
    SCHEMA_VERSIONS,
    failures=wiring.failures,
    receivers=wiring.receivers,
    deliveries=wiring.deliveries,
)

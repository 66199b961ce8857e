"""SQS: the queue of deliveries that are due."""

from __future__ import annotations

import json

from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# A queue waits 15 minutes at most. A shorter wait keeps the age of its oldest message under the alarm's threshold.
MOST_DELAY = 600


class DueQueue:
    """A queue, by its URL. `client` is one of SQS."""

    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def put(self, delivery: Mapping[str, Any], now: float) -> None:
        """Send the message of a delivery's turn, in the form of an event, to arrive when it is due or earlier.

        The group lets SQS prefer receivers with few messages in flight (fair queues).
        """
        detail = {
            "id": delivery["deliveryId"],
            "schemaVersion": 1,
            "time": rfc3339(now),
            "webhookId": delivery["webhookId"],
            "turn": delivery["turn"],
        }
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=json.dumps({"detail-type": "DeliveryDue", "detail": detail}),
            DelaySeconds=max(0, min(MOST_DELAY, int(delivery["dueAt"] - now + 0.999))),
            MessageGroupId=delivery["webhookId"],
        )

"""SQS: a queue of messages in the form of events, which do not come over the bus."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class EventQueue:
    """A queue, by its URL. `client` is one of SQS."""

    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def put(self, type_: str, detail: Mapping[str, Any], seconds: int = 0) -> None:
        """Send a message, to arrive after some seconds: 900 at most."""
        body = json.dumps({"detail-type": type_, "detail": detail})
        self._client.send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=seconds)

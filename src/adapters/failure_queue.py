"""SQS: the dead-letter queue of a function, to which it sends what no retry can help."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A message may have 256 KB, attributes included: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
MOST_BYTES = 250_000


class FailureQueue:
    """A queue, by its URL. `client` is one of SQS."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def put(self, body: str, reason: str) -> None:
        """Keep the body, with the reason as the attribute `reason`. A body that is too large is cut off."""
        kept = body.encode()[:MOST_BYTES].decode(errors="ignore")
        attributes = {"reason": {"DataType": "String", "StringValue": reason}}
        self._client.send_message(QueueUrl=self._url, MessageBody=kept, MessageAttributes=attributes)

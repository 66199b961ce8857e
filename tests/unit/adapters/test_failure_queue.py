"""The dead-letter queue as consumers use it."""

from __future__ import annotations

from adapters.failure_queue import MOST_BYTES, FailureQueue


class Client:
    """A double of boto3's client of SQS."""

    def __init__(self):
        self.sent = []

    def send_message(self, **request):
        self.sent.append(request)


def test_a_body_is_kept_with_its_reason():
    client = Client()
    FailureQueue(client, "url").put("body", "why")
    [sent] = client.sent
    assert (sent["QueueUrl"], sent["MessageBody"]) == ("url", "body")
    assert sent["MessageAttributes"]["reason"]["StringValue"] == "why"


def test_a_body_that_is_too_large_is_cut_off_between_characters():
    client = Client()
    FailureQueue(client, "url").put("é" * MOST_BYTES, "why")
    assert client.sent[0]["MessageBody"] == "é" * (MOST_BYTES // 2)

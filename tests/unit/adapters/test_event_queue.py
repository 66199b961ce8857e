"""A queue of events, with the client of AWS's SDK."""

from __future__ import annotations

import json
import uuid

from adapters.event_queue import EventQueue


def test_a_message_has_the_form_of_an_event(emulator):
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"Mail-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    EventQueue(sqs, url).put("WebhookDisabled", {"id": "1"})
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"detail-type": "WebhookDisabled", "detail": {"id": "1"}}

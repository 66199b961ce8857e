"""The consumer that queues mail about webhooks: in order, and again after a failure."""

from __future__ import annotations

import pytest

from consumers.queue_mail import queue_mail
from dynamodb.values import to_item
from tests.unit.webhooks.test_notices import DISABLED, ENABLED


class Queue:
    """A double that can fail."""

    def __init__(self, fails=False):
        self.fails = fails
        self.sent = []

    def put(self, type_, detail):
        if self.fails:
            raise ConnectionError
        self.sent.append((type_, detail["id"]))


def record(old, new):
    return {"dynamodb": {"OldImage": to_item(old), "NewImage": to_item(new)}}


def test_a_record_that_comes_twice_asks_for_the_same_letter():
    queue, disabled = Queue(), record(ENABLED, DISABLED)
    assert queue_mail([disabled, record(ENABLED, ENABLED), disabled], queue) is None
    assert queue.sent == [("WebhookDisabled", "w-1_4")] * 2


def test_a_request_for_a_link_asks_for_one_letter():
    queue, item = Queue(), {"key": "renewal#u-1#20784", "asked": 2, "askedAt": 1_795_953_600}
    assert queue_mail([{"dynamodb": {"NewImage": to_item(item)}}], queue) is None
    assert queue.sent == [("LinkRequested", "u-1_20784_2")]


@pytest.mark.parametrize("images", [{}, {"NewImage": to_item({"key": "letter#1", "state": "sent"})}])
def test_other_records_ask_for_nothing(images):
    queue = Queue()
    assert queue_mail([{"dynamodb": images}], queue) is None
    assert queue.sent == []


def test_a_failure_of_the_queue_is_raised():
    with pytest.raises(ConnectionError):
        queue_mail([record(ENABLED, DISABLED)], Queue(fails=True))

"""A dead-letter queue on a real SQS: shown without personal data, then emptied into its source."""

from __future__ import annotations

import json
import uuid

import pytest

from operate import redrive
from operate.__main__ import main

pytestmark = pytest.mark.slow


@pytest.fixture
def queues(emulator, monkeypatch):
    """A client and the URLs of a queue and of its dead-letter queue."""
    for name, value in (
        ("AWS_ENDPOINT_URL", emulator.endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ):
        monkeypatch.setenv(name, value)
    sqs, mark = emulator.client("sqs"), uuid.uuid4().hex[:8]
    dead = sqs.create_queue(QueueName=f"dead-{mark}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    return sqs, sqs.create_queue(QueueName=f"jobs-{mark}", Attributes={"RedrivePolicy": policy})["QueueUrl"], dead


def event(number):
    detail = {"id": f"event-{number}", "userId": "5884", "userVersion": number, "email": "ann@example.com"}
    return json.dumps({"detail-type": "UserDeleted", "detail": detail})


def fill(sqs, url, count, reason="too old"):
    attribute = {"reason": {"DataType": "String", "StringValue": reason}}
    for number in range(count):
        sqs.send_message(QueueUrl=url, MessageBody=event(number), MessageAttributes=attribute)


def bodies(sqs, url):
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
    return sorted(found)


def test_messages_are_shown_with_their_reason_and_without_personal_data(queues, capsys):
    sqs, _, dead = queues
    fill(sqs, dead, 1)
    assert main(["redrive", dead]) == 1
    shown = capsys.readouterr().out
    assert "UserDeleted: too old" in shown
    assert "event-0" in shown
    assert "ann@" not in shown


def test_showing_moves_nothing(queues):
    sqs, source, dead = queues
    fill(sqs, dead, 3)
    main(["redrive", dead])
    assert bodies(sqs, source) == []
    assert len(bodies(sqs, dead)) == 3


def test_every_message_goes_back_to_the_source(queues, capsys):
    sqs, source, dead = queues
    fill(sqs, dead, 25)
    assert main(["redrive", dead, "--write", "--bus", "none"]) == 0
    assert "25 messages sent back" in capsys.readouterr().out
    assert bodies(sqs, source) == sorted(event(number) for number in range(25))
    assert bodies(sqs, dead) == []


def test_json_is_one_object_for_each_message(queues, capsys):
    sqs, _, dead = queues
    fill(sqs, dead, 2)
    main(["redrive", dead.rpartition("/")[2], "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(line["id"] for line in lines) == ["event-0", "event-1"]


def test_a_queue_that_is_nobody_s_dead_letter_queue_is_refused(queues, capsys):
    sqs, source, _ = queues
    fill(sqs, source, 1)
    assert main(["redrive", source, "--write", "--bus", "none"]) == 1
    assert "0 queues" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("ann@example.com", {"type": "not JSON"}),
        ('["ann@example.com"]', {"type": "not an object"}),
        ('{"name": "Ann"}', {"type": "not an event"}),
        ('{"record": "Ann"}', {"type": "stream record", "eventName": None, "eventId": None}),
        ('{"DDBStreamBatchInfo": {"shardId": "1"}}', {"type": "position in the stream", "position": {"shardId": "1"}}),
        (
            '{"record": {"eventName": "INSERT", "eventID": "1", "dynamodb": {"NewImage": {"name": {"S": "Ann"}}}}}',
            {"type": "stream record", "eventName": "INSERT", "eventId": "1"},
        ),
    ],
)
def test_only_ids_of_a_body_are_shown(body, shown):
    assert redrive.ids(body) == shown

"""What an operator changes is in the audit trail: a bus that a queue listens to, on a real EventBridge."""

from __future__ import annotations

import json
import uuid

import pytest

from operate.__main__ import main
from tests.unit.operate.test_redrive import bodies, fill, queues  # noqa: F401 - a fixture

ME = "arn:aws:iam::000000000000:root"


@pytest.fixture
def bus(emulator, queues):  # noqa: F811 - the fixture
    """The name of a bus, and a function that reads the events that came to it."""
    sqs, _, _ = queues
    name = f"users-api-{uuid.uuid4().hex[:8]}"
    heard = sqs.create_queue(QueueName=f"heard-{name}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = emulator.client("events")
    events.create_event_bus(Name=name)
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["users-api"]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
    return name, lambda: [json.loads(body) for body in bodies(sqs, heard)]


def by_type(found):
    return {event["detail-type"]: event["detail"] for event in found}


def test_a_command_that_writes_says_so_before_and_after(queues, bus):  # noqa: F811 - the fixture
    sqs, _, dead = queues
    name, heard = bus
    fill(sqs, dead, 1)
    assert main(["redrive", dead, "--write", "--bus", name]) == 0
    found = by_type(heard())
    assert set(found) == {"AdministrationStarted", "AdministrationEnded"}
    for detail in found.values():
        assert detail["actor"] == {"type": "operator", "id": ME}
        assert detail["act"] == f"redrive {dead} --write --bus {name}"
        assert detail["userId"] == "administration"
    assert found["AdministrationEnded"]["result"] == "done"


def test_a_command_that_fails_is_in_the_trail_too(queues, bus):  # noqa: F811 - the fixture
    _, source, _ = queues
    name, heard = bus
    assert main(["redrive", source, "--write", "--bus", name]) == 1
    assert by_type(heard())["AdministrationEnded"]["result"] == "failed"


def test_a_command_that_only_lists_sends_nothing(queues, bus):  # noqa: F811 - the fixture
    name, heard = bus
    main(["redrive", queues[2], "--bus", name])
    assert heard() == []


def test_nothing_is_changed_where_the_bus_does_not_take_the_entry(queues, capsys):  # noqa: F811 - the fixture
    sqs, source, dead = queues
    fill(sqs, dead, 1)
    status = main(["redrive", dead, "--write", "--bus", "no-such-bus"])
    assert (status, bodies(sqs, source), len(bodies(sqs, dead))) == (1, [], 1)
    assert capsys.readouterr().err.count("\n") == 1


def test_a_command_that_writes_asks_for_the_bus(queues, capsys):  # noqa: F811 - the fixture
    with pytest.raises(SystemExit) as ended:
        main(["redrive", queues[2], "--write"])
    assert ended.value.code == 2
    assert "--write needs --bus BUS" in capsys.readouterr().err

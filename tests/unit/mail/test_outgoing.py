"""One letter is sent once, on a real database, whatever happens to the message and to the service."""

from __future__ import annotations

import uuid

import pytest

from adapters.mail import Refusal
from dynamodb.values import from_item
from mail.letters import Letter
from mail.outgoing import IN_WORK_SECONDS, InWork, NotSent, Outgoing, Uncertain
from tests.contract.conftest import emulator_client
from utils.deadline import Deadline

WELCOME = Letter("welcome", "welcome", "ann@example.com", "Ann")


class Crash(BaseException):
    """The end of the process."""


class Service:
    """A double of the service: it keeps what it takes, and refuses or fails as it is told."""

    def __init__(self):
        self.taken = []
        self.refusals = []
        self.crash_before = self.crash_after = False

    def send(self, address, content):
        if self.crash_before:
            raise Crash
        if self.refusals:
            return self.refusals.pop(0)
        self.taken.append((address, content.subject))
        if self.crash_after:
            raise Crash
        return None


@pytest.fixture(scope="module")
def call(emulator):
    client = emulator_client("client", emulator)
    return lambda operation, request: client.call(operation, request, Deadline(10))


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def now():
    return [1_795_953_600.0]


@pytest.fixture
def outgoing(emulator, call, service, now):
    table = f"Mail-{uuid.uuid4().hex[:12]}"
    emulator.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "letter", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "letter", "KeyType": "HASH"}],
    )
    return Outgoing(call, table, service, "en", clock=lambda: now[0])


def records(outgoing):
    return [from_item(item) for item in outgoing._call("Scan", {"TableName": outgoing._table})["Items"]]


@pytest.mark.parametrize("times", [1, 2, 10])
def test_a_letter_is_sent_once_however_often_its_event_comes(outgoing, service, now, times):
    for _ in range(times):
        outgoing.send("event", WELCOME)
        now[0] += 3600
    assert service.taken == [("ann@example.com", "Welcome")]


def test_events_may_come_in_any_order(outgoing, service):
    for event in ("2", "1", "2", "1"):
        outgoing.send(event, WELCOME)
    assert len(service.taken) == 2


def test_a_record_has_no_personal_data(outgoing):
    outgoing.send("event", WELCOME)
    assert "ann" not in str(records(outgoing)).lower()


@pytest.mark.parametrize("at", ["crash_before", "crash_after"])
def test_after_a_crash_the_letter_is_not_sent_again_and_its_event_is_told(outgoing, service, now, at):
    setattr(service, at, True)
    with pytest.raises(Crash):
        outgoing.send("event", WELCOME)
    setattr(service, at, False)
    taken = len(service.taken)
    with pytest.raises(InWork):
        outgoing.send("event", WELCOME)
    now[0] += IN_WORK_SECONDS
    with pytest.raises(Uncertain):
        outgoing.send("event", WELCOME)
    assert len(service.taken) == taken


def test_a_letter_without_an_answer_is_uncertain(outgoing, service, now):
    service.refusals = [Refusal("ReadTimeoutError", uncertain=True)]
    for _ in range(2):
        with pytest.raises(Uncertain):
            outgoing.send("event", WELCOME)
        now[0] += IN_WORK_SECONDS
    assert service.taken == []


def test_a_letter_is_sent_after_throttling(outgoing, service):
    service.refusals = [Refusal("TooManyRequestsException")] * 2
    for _ in range(2):
        with pytest.raises(NotSent):
            outgoing.send("event", WELCOME)
    outgoing.send("event", WELCOME)
    assert len(service.taken) == 1


def test_a_refusal_for_good_is_recorded_and_not_tried_again(outgoing, service):
    service.refusals = [Refusal("BadRequestException", for_good=True)]
    for _ in range(2):
        outgoing.send("event", WELCOME)
    assert service.taken == []
    [record] = records(outgoing)
    assert (record["state"], record["code"]) == ("refused", "BadRequestException")


def test_an_address_that_the_service_has_no_form_for_is_recorded(outgoing, service):
    outgoing.send("event", Letter("welcome", "welcome", "\u00e4nn@example.com", "Ann"))
    assert service.taken == []
    assert [record["state"] for record in records(outgoing)] == ["refused"]

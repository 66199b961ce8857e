"""One letter is sent once, on a real database, whatever happens to the message and to the service."""

from __future__ import annotations

import uuid

import pytest

from adapters.mail import Refusal
from dynamodb.values import from_item
from mail.letters import Letter
from mail.outcomes import Outcomes
from mail.outgoing import SEND_SECONDS, NotSent, Outgoing, Unsettled
from tests.contract.conftest import emulator_client
from utils.deadline import Deadline

WELCOME = Letter("welcome", "welcome", "ann@example.com", "Ann")


class Crash(BaseException):
    """The end of the process."""


class Service:
    """A double of the service: it keeps what it takes, and refuses or fails as it is told."""

    def __init__(self):
        self.taken = []
        self.names = []
        self.refusals = []
        self.crash_before = self.crash_after = False

    def send(self, name, address, content):
        if self.crash_before:
            raise Crash
        if self.refusals:
            return self.refusals.pop(0)
        self.taken.append((address, content.subject))
        self.names.append(name)
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
def left():
    """The seconds that the function has."""
    return [10.0]


@pytest.fixture
def outgoing(emulator, call, service, now, left):
    table = f"Mail-{uuid.uuid4().hex[:12]}"
    emulator.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
    )
    link = lambda user, email: f"https://x/{user}"  # noqa: E731
    return Outgoing(
        call,
        table,
        service,
        "en",
        link=link,
        clock=lambda: now[0],
        remaining=lambda: left[0],
        new_token=lambda: uuid.uuid4().hex,
    )


@pytest.fixture
def outcomes(outgoing, call, now):
    """What SES reports, in the same table."""
    return Outcomes(call, outgoing._table, clock=lambda: now[0])


def records(outgoing):
    return [from_item(item) for item in outgoing._call("Scan", {"TableName": outgoing._table})["Items"]]


@pytest.mark.parametrize("times", [1, 2, 10])
def test_a_letter_is_sent_once_however_often_its_event_comes(outgoing, service, now, times):
    for _ in range(times):
        outgoing.send("event", WELCOME)
        now[0] += 3600
    assert service.taken == [("ann@example.com", "Welcome")]


def test_nothing_is_begun_that_the_end_of_the_function_would_cut(outgoing, service, left):
    left[0] = SEND_SECONDS - 0.1
    with pytest.raises(NotSent):
        outgoing.send("event", WELCOME)
    assert (records(outgoing), service.taken) == ([], [])
    left[0] = SEND_SECONDS
    outgoing.send("event", WELCOME)
    assert len(service.taken) == 1


def test_events_may_come_in_any_order(outgoing, service):
    for event in ("2", "1", "2", "1"):
        outgoing.send(event, WELCOME)
    assert len(service.taken) == 2


def test_a_record_has_no_personal_data(outgoing):
    outgoing.send("event", WELCOME)
    assert "ann" not in str(records(outgoing)).lower()


@pytest.mark.parametrize("at", ["crash_before", "crash_after"])
def test_after_a_crash_the_letter_is_not_sent_again(outgoing, service, at):
    setattr(service, at, True)
    with pytest.raises(Crash):
        outgoing.send("event", WELCOME)
    setattr(service, at, False)
    taken = len(service.taken)
    for _ in range(5):
        with pytest.raises(Unsettled):
            outgoing.send("event", WELCOME)
    assert len(service.taken) == taken


def test_a_letter_without_an_answer_is_not_sent_again(outgoing, service):
    service.refusals = [Refusal("ReadTimeoutError", uncertain=True)]
    for _ in range(5):
        with pytest.raises(Unsettled):
            outgoing.send("event", WELCOME)
    assert service.taken == []


def test_a_letter_whose_record_was_written_without_an_answer_is_sent(outgoing, service):
    call = outgoing._call

    def twice(operation, request):  # the client repeats what has no answer
        if operation == "PutItem":
            call(operation, request)
        return call(operation, request)

    outgoing._call = twice
    outgoing.send("event", WELCOME)
    assert [record["state"] for record in records(outgoing)] == ["sent"]
    assert len(service.taken) == 1


def test_the_report_that_a_letter_was_sent_settles_it(outgoing, outcomes, service):
    service.crash_after = True
    with pytest.raises(Crash):
        outgoing.send("event", WELCOME)
    for _ in range(2):
        outcomes.sent(*service.names)
        outgoing.send("event", WELCOME)
    assert len(service.taken) == 1
    assert [record["state"] for record in records(outgoing)] == ["sent"]


def test_a_report_that_comes_before_the_answer_changes_nothing(outgoing, outcomes, service):
    outgoing.send("event", WELCOME)
    before = records(outgoing)
    outcomes.sent(*service.names)
    assert records(outgoing) == before


def test_a_report_about_a_letter_without_a_record_makes_none(outgoing, outcomes):
    outcomes.sent("another_welcome")
    assert records(outgoing) == []


@pytest.mark.parametrize("address", ["ann@example.com", "Ann@Example.com"])
def test_no_letter_goes_to_a_suppressed_address(outgoing, outcomes, service, address):
    outcomes.suppress(address, "Email Bounced", "earlier_welcome")
    outgoing.send("event", WELCOME)
    outgoing.send("other", Letter("welcome", "welcome", "bob@example.com", "Bob"))
    assert [sent for sent, _ in service.taken] == ["bob@example.com"]
    assert {record.get("code") for record in records(outgoing)} == {None, "", "Suppressed"}


def test_what_suppresses_an_address_does_not_contain_it(outgoing, outcomes):
    for _ in range(2):
        outcomes.suppress("ann@example.com", "Email Bounced", "earlier_welcome")
    [item] = records(outgoing)
    assert "ann" not in str(item).lower()


def test_a_letter_is_sent_after_throttling(outgoing, service):
    service.refusals = [Refusal("TooManyRequestsException")] * 2
    for _ in range(2):
        with pytest.raises(NotSent):
            outgoing.send("event", WELCOME)
    outgoing.send("event", WELCOME)
    assert len(service.taken) == 1


def test_a_refusal_for_good_is_counted(outgoing, service, caplog):
    service.refusals = [Refusal("BadRequestException", for_good=True)]
    outgoing.send("event", WELCOME)
    [line] = [it for it in caplog.records if it.msg == "mail_refused_by_service"]
    assert (line.MailRefused, line.MailTable) == (1, outgoing._table)


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

"""The reports of SES: which of them settles a letter, and which suppresses an address."""

from __future__ import annotations

import json

import pytest

from consumers import settle_mail
from tests.support.events import Context
from utils.consumer import queue_consumer

ADDRESS = "ann@example.com"


class Outcomes:
    """A double that keeps what it is told."""

    def __init__(self):
        self.told = []

    def sent(self, letter):
        self.told.append(("sent", letter))

    def suppress(self, address, reason, letter):
        self.told.append(("suppressed", address, letter))


class Failures:
    """A double of the dead-letter queue."""

    def __init__(self):
        self.kept = []

    def put(self, body, reason):
        self.kept.append(reason)


def report(type_, tags=None, destination=(ADDRESS,), **more):
    """A report as SES writes it: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html"""
    mail = {
        "messageId": "010f0180-0000",
        "destination": list(destination),
        "tags": {"ses:configuration-set": ["set"], **({"letter": ["1_welcome"]} if tags is None else tags)},
    }
    detail = {"eventType": type_.split()[1], "mail": mail, **more}
    return {"source": "aws.ses", "detail-type": type_, "time": "2026-11-26T22:00:00Z", "detail": detail}


def told(*reports):
    """What the consumer says of these reports to the table, and to its dead-letter queue."""
    outcomes, failures = Outcomes(), Failures()
    consume = queue_consumer(
        settle_mail.settle_mail,
        {settle_mail.SENT_EVENT: 1, settle_mail.BOUNCED: 1, settle_mail.COMPLAINT: 1},
        failures=lambda _: failures,
        read=settle_mail.reported,
        outcomes=lambda _: outcomes,
    )
    messages = [{"messageId": str(number), "body": json.dumps(each)} for number, each in enumerate(reports)]
    assert consume({"Records": messages}, Context()) == {"batchItemFailures": []}
    return outcomes.told, failures.kept


def test_a_letter_that_was_sent_is_settled():
    assert told(report("Email Sent", send={})) == ([("sent", "1_welcome")], [])


def test_a_bounce_for_good_suppresses_the_address():
    assert told(report("Email Bounced", bounce={"bounceType": "Permanent"})) == (
        [("sent", "1_welcome"), ("suppressed", ADDRESS, "1_welcome")],
        [],
    )


@pytest.mark.parametrize("type_", ["Transient", "Undetermined"])
def test_another_bounce_suppresses_nothing(type_):
    assert told(report("Email Bounced", bounce={"bounceType": type_})) == ([("sent", "1_welcome")], [])


def test_a_complaint_suppresses_the_address():
    assert told(report("Email Complaint Received", complaint={})) == (
        [("sent", "1_welcome"), ("suppressed", ADDRESS, "1_welcome")],
        [],
    )


def test_a_report_of_another_kind_is_ignored():
    assert told(report("Email Opened", open={})) == ([], [])


@pytest.mark.parametrize(
    "wrong",
    [
        report("Email Sent", tags={}),
        report("Email Sent", tags={"letter": ["1", "2"]}),
        report("Email Sent", destination=()),
        report("Email Sent", destination=(ADDRESS, "bob@example.com")),
        {"detail-type": "Email Sent", "detail": {}, "time": "2026-11-26T22:00:00Z"},
        {"detail-type": "Email Sent", "detail": [], "time": "2026-11-26T22:00:00Z"},
        {},
    ],
)
def test_a_report_that_cannot_be_read_is_set_aside_and_stops_nothing(wrong):
    assert told(wrong, report("Email Sent")) == (
        [("sent", "1_welcome")],
        ["the message is not an event of the bus"],
    )

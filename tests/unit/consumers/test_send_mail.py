"""The consumer that sends mail: no letter of an event waits for another."""

from __future__ import annotations

import pytest

from consumers.send_mail import send_mail
from mail.outgoing import NotSent, Unsettled
from utils.consumer import Event


class Outgoing:
    """A double that fails for some purposes."""

    def __init__(self, **failures):
        self.failures = failures
        self.sent = []

    def send(self, event_id, letter):
        if error := self.failures.get(letter.purpose.partition("_")[2]):
            raise error
        self.sent.append((event_id, letter.address))


def changed(outgoing):
    detail = {"id": "1", "schemaVersion": 1, "time": "", "userId": "42", "previousEmail": "old@example.com"}
    send_mail(Event("UserUpdated", detail), lambda _: {"name": "Ann", "email": "new@example.com"}, "", outgoing)


def test_an_event_is_told_to_each_address():
    outgoing = Outgoing()
    changed(outgoing)
    assert outgoing.sent == [("1", "old@example.com"), ("1", "new@example.com")]


@pytest.mark.parametrize("failure", [Unsettled, NotSent])
def test_a_letter_that_fails_does_not_stop_the_other(failure):
    outgoing = Outgoing(**{"from": failure()})
    with pytest.raises(failure):
        changed(outgoing)
    assert outgoing.sent == [("1", "new@example.com")]

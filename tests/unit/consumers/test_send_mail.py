"""The consumer that sends mail: no letter of an event waits for another."""

from __future__ import annotations

import pytest

from consumers.send_mail import send_mail
from mail.outgoing import InWork, NotSent, Uncertain
from utils.consumer import Event, Unprocessable


class Outgoing:
    """A double that fails for some purposes."""

    def __init__(self, **failures):
        self.failures = failures
        self.sent = []

    def send(self, event_id, letter):
        if error := self.failures.get(letter.purpose.partition(" ")[2]):
            raise error
        self.sent.append((event_id, letter.address))


def changed(outgoing):
    detail = {"id": "1", "schemaVersion": 1, "time": "", "userId": "42", "previousEmail": "old@example.com"}
    send_mail(Event("UserUpdated", detail), lambda _: {"name": "Ann", "email": "new@example.com"}, outgoing)


def test_an_event_is_told_to_each_address():
    outgoing = Outgoing()
    changed(outgoing)
    assert outgoing.sent == [("1", "old@example.com"), ("1", "new@example.com")]


@pytest.mark.parametrize(
    ("failure", "raised"), [(Uncertain(), Unprocessable), (NotSent(), NotSent), (InWork(), InWork)], ids=repr
)
def test_a_letter_that_fails_does_not_stop_the_other(failure, raised):
    outgoing = Outgoing(**{"from": failure})
    with pytest.raises(raised):
        changed(outgoing)
    assert outgoing.sent == [("1", "new@example.com")]


def test_a_letter_to_repeat_comes_before_one_that_is_uncertain():
    with pytest.raises(NotSent):
        changed(Outgoing(**{"from": Uncertain(), "to": NotSent()}))

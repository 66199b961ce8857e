"""The publisher: in order per user, at least once, and nothing stops the stream or is lost."""

from __future__ import annotations

import json

import pytest

from adapters.event_bus import Refusal
from consumers.publish_user_events import TRIES, publish_user_events
from tests.unit.consumers.records import life, record, user
from utils.deadline import Deadline

EVER = Deadline(1e6)


class Bus:
    """Takes entries, unless `refuse(detail)` names a code; codes in capitals are for good."""

    def __init__(self, refuse=lambda _detail: None, most=10):
        self.refuse, self.most = refuse, most
        self.taken, self.calls = [], []

    def put(self, entries):
        details = [json.loads(detail) for _, detail in entries]
        self.calls.append(details)
        codes = [self.refuse(detail) for detail in details]
        self.taken += [detail for detail, code in zip(details, codes, strict=True) if code is None]
        return [code and Refusal(code, code.isupper()) for code in codes]

    def fitting(self, entries):
        return min(len(entries), self.most)


class Aside:
    def __init__(self):
        self.kept = []

    def put(self, body, reason):
        self.kept.append((json.loads(body)["record"], reason))


def published(records, bus, deadline=EVER, aside=None):
    return publish_user_events(
        records, bus, aside or Aside(), lambda *_: {"type": "unknown"}, deadline, pause=lambda _: None
    )


def number(record_):
    return record_["dynamodb"]["SequenceNumber"]


def order(bus, user_number=0):
    return [it["userVersion"] for it in bus.taken if it["userId"] == user(user_number)["userId"]]


def test_every_change_is_published_once_in_order():
    bus = Bus()
    records = [each for lives in zip(life(1), life(2), life(3), strict=True) for each in lives]
    assert published(records, bus) is None
    assert [order(bus, who) for who in (1, 2, 3)] == [[1, 2, 3]] * 3


def test_one_call_has_one_event_of_a_user_and_no_more_than_fits():
    bus = Bus(most=2)
    published([*life(1), *life(2), *life(3)], bus)
    for call in bus.calls:
        assert len({it["userId"] for it in call}) == len(call) <= 2


@pytest.mark.parametrize("at", range(9))
def test_a_refused_event_is_sent_again_alone_and_the_next_of_its_user_wait(at):
    records = [each for who in (1, 2, 3) for each in life(who)]
    once = []

    def refuse(detail):
        place = (detail["userId"], detail["userVersion"])
        wanted = [(user(who)["userId"], version) for who in (1, 2, 3) for version in (1, 2, 3)][at]
        if place == wanted and not once:
            once.append(place)
            return "InternalFailure"
        return None

    bus = Bus(refuse)
    assert published(records, bus) is None
    assert [order(bus, who) for who in (1, 2, 3)] == [[1, 2, 3]] * 3
    assert sum(len(call) for call in bus.calls) == 10


@pytest.mark.parametrize("at", range(3))
def test_an_event_that_is_refused_for_good_is_set_aside_and_stops_nothing(at):
    records, aside = life(), Aside()
    bus = Bus(lambda detail: "MALFORMED" if detail["userVersion"] == at + 1 else None)
    assert published(records, bus, aside=aside) is None
    assert order(bus) == [version for version in (1, 2, 3) if version != at + 1]
    assert aside.kept == [(records[at], "the bus refuses the event: MALFORMED")]


def test_an_event_that_is_refused_again_and_again_by_a_bus_that_works_is_set_aside():
    others = [each for who in range(2, 2 + TRIES) for each in life(who)]
    aside, mine = Aside(), life(1)[0]
    bus = Bus(lambda detail: "InternalFailure" if detail["userId"] == user(1)["userId"] else None, most=3)
    assert published([mine, *others], bus, aside=aside) is None
    assert [each for each, _ in aside.kept] == [mine]
    assert len(bus.taken) == len(others)


def test_a_bus_that_takes_nothing_is_waited_for_and_nothing_is_set_aside():
    records, aside = life(), Aside()
    bus = Bus(lambda _detail: "ThrottlingException")
    assert published(records, bus, aside=aside) == number(records[0])
    assert (aside.kept, len(bus.calls)) == ([], TRIES)


def test_the_retry_starts_at_the_first_record_that_is_not_published():
    records = [life(1)[0], life(2)[0], life(3)[0]]
    bus = Bus(lambda detail: "Down" if detail["userId"] == user(2)["userId"] and len(bus.taken) < 3 else None, most=1)
    assert published(records, bus) == number(records[1])


def test_without_time_for_a_call_the_rest_is_left_to_lambda():
    records = life()
    bus = Bus()
    assert published(records, bus, Deadline(3.0)) == number(records[0])
    assert bus.calls == []


@pytest.mark.parametrize("at", range(4))
def test_a_record_that_makes_no_event_stops_nothing_wherever_it_stands(at):
    for poison in ({"eventName": "RENAME", "dynamodb": {}}, record(None, {"userId": "other", "n": 1})):
        records, bus = life(), Bus()
        records.insert(at, poison)
        assert published(records, bus) is None
        assert order(bus) == [1, 2, 3]


def test_an_unreadable_record_is_set_aside_with_the_reason():
    aside, poison = Aside(), {"eventName": "RENAME", "dynamodb": {}}
    published([poison], Bus(), aside=aside)
    [(kept, reason)] = aside.kept
    assert kept == poison
    assert "not a stream record" in reason

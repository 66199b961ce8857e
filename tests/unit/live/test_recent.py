"""What the log tells a client that was away, up to its limits, against a real database."""

from __future__ import annotations

import json
import uuid

import pytest

from live.messages import at, update
from live.recent import KEPT_SECONDS, MOST_READ, MOST_SENT, OVERLAP_SECONDS, Recent
from sockets.handle_message import subscribe
from tests.unit.live.stand_ins import ANN, EVENT, Connections
from tests.unit.live.test_connections import IN_A_BATCH, NOW, Table
from users.model import FIELDS
from utils.response import to_json

PLACE = int(NOW * 1000)
MESSAGE = to_json(update("UserUpdated", {**EVENT, "changed": sorted(FIELDS)}))
MOST_BYTES = 128 * 1024  # of a message of API Gateway


@pytest.fixture
def table(emulator):
    return Table(emulator)


@pytest.fixture
def recent(table):
    return Recent(table.call, table.name, lambda: table.now)


def logged(table, count, user=ANN):
    """Messages in the log, a millisecond each."""
    rows = [(f"{PLACE + number:015d}#{uuid.uuid4()}", number) for number in range(count)]
    for start in range(0, count, IN_A_BATCH):
        puts = [
            {"PutRequest": {"Item": {
                "key": {"S": "log"}, "place": {"S": place}, "userId": {"S": user}, "message": {"S": MESSAGE},
            }}}
            for place, _ in rows[start : start + IN_A_BATCH]
        ]  # fmt: skip
        assert not table.client.batch_write_item(RequestItems={table.name: puts})["UnprocessedItems"]


def test_as_many_messages_as_fit_are_told_and_one_more_is_a_gap(table, recent):
    logged(table, MOST_SENT)
    assert len(recent.since(PLACE)) == MOST_SENT
    recent.append("more", ANN, MESSAGE)
    assert recent.since(PLACE) is None


def test_messages_of_others_count_only_up_to_what_is_read(table, recent):
    other = str(uuid.uuid4())
    logged(table, MOST_READ - 1, other)
    assert recent.since(PLACE, ANN) == []
    recent.append("more", other, MESSAGE)
    assert recent.since(PLACE, ANN) is None


def test_the_log_tells_an_hour_and_not_a_millisecond_more(table, recent):
    table.now = NOW + KEPT_SECONDS
    assert recent.since(PLACE) == []
    assert recent.since(PLACE - 1) is None


def test_a_place_in_the_future_is_a_gap(recent):
    assert recent.since(PLACE + OVERLAP_SECONDS * 1000) == []
    assert recent.since(PLACE + OVERLAP_SECONDS * 1000 + 1) is None


def test_the_log_is_read_from_before_the_place(table, recent):
    logged(table, 1)
    table.now += 60
    assert len(recent.since(PLACE + OVERLAP_SECONDS * 1000)) == 1
    assert recent.since(PLACE + OVERLAP_SECONDS * 1000 + 1) == []


def test_the_longest_response_fits_into_a_message_of_api_gateway():
    class Full:
        def now(self):
            return PLACE

        def since(self, place, user_id):
            return [(PLACE, MESSAGE)] * MOST_SENT

    told = subscribe("one", {"to": "users", "after": PLACE}, Connections(), Full())
    assert told["missed"][0] == at(PLACE, MESSAGE) == {**json.loads(MESSAGE), "place": PLACE}
    assert len(to_json(told).encode()) < MOST_BYTES

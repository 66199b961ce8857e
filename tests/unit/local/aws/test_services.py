"""In which order the states of ministack's services are recorded, so that a crash repeats records and skips none."""

from __future__ import annotations

import json

from local.aws.services import LARGE, Services
from tests.unit.local.aws.stand_ins import Json, Store


class App:
    """The queues, the positions in streams and another service."""

    json = Json()

    def __init__(self):
        self.queues, self.position, self.topics = Store(), 0, "none"
        self.jobs = self.queues.put("jobs", {"attributes": {}, "messages": []})

    def states(self):
        yield "sqs", lambda: "as ministack would save it"
        yield "sns", lambda: self.topics
        yield "lambda", lambda: self.position

    def state_of(self, module):
        return module

    def send(self):
        self.position += 1
        fresh = {"receipt_handle": None, "visible_at": 1, "receive_count": 0}
        self.jobs["messages"].append({"id": str(self.position), **fresh})


def recorded(app, act):
    """What each record is about, in order."""
    written = []

    def append(payload):
        record = json.loads(payload)
        written.append(record.get("service") or next(iter(record)))
        return len(written)

    services = Services(app, append)
    services.sweep()
    written.clear()
    act(services)
    return written


def test_a_sweep_records_positions_before_messages():
    app = App()

    def act(services):
        app.send()
        services.touch()
        services.sweep()

    assert recorded(app, act) == ["lambda", "messages"]


def test_a_request_records_what_it_sent_and_no_position():
    app = App()

    def act(services):
        app.send()
        services.after("sqs")

    assert recorded(app, act) == ["messages"]


def test_an_event_is_recorded_in_the_queues_that_it_went_to():
    app = App()

    def act(services):
        app.send()
        services.after("eventbridge")

    assert recorded(app, act) == ["messages"]


def test_a_large_state_is_recorded_by_the_sweep_alone():
    app = App()
    app.topics = "x" * LARGE

    def act(services):
        app.topics = "y" * LARGE
        services.after("sns")
        services.sweep()

    assert recorded(app, act) == ["sns"]

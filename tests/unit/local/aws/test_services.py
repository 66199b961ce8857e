"""In which order the states of ministack's services are recorded, so that a crash repeats records and skips none."""

from __future__ import annotations

import json

from local.aws.services import LARGE, Services


class App:
    """Two services, the queues before the positions in streams."""

    class json:  # noqa: N801 - as ministack's application has it
        default = None

    def __init__(self, queues):
        self.queues, self.position = queues, 0

    def states(self):
        yield "sqs", lambda: self.queues
        yield "lambda", lambda: self.position

    def state_of(self, module):
        return module


def recorded(app, act):
    written = []
    services = Services(app, lambda payload: written.append(json.loads(payload)["service"]) or len(written))
    act(services)
    return written


def test_a_position_is_recorded_before_the_queues():
    assert recorded(App(["message"]), lambda services: services.sweep()) == ["lambda", "sqs"]


def test_no_position_is_recorded_by_a_request_while_a_queue_is_too_large_for_that():
    app = App(["x" * LARGE])

    def act(services):
        services.sweep()
        app.position, app.queues = 1, ["x" * LARGE, "message"]
        services.after("sqs")

    assert recorded(app, act) == ["lambda", "sqs"]


def test_a_request_records_positions_while_queues_are_small():
    app = App(["message"])

    def act(services):
        services.sweep()
        app.position = 1
        services.after("sqs")

    assert recorded(app, act) == ["lambda", "sqs", "lambda"]

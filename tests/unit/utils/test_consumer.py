"""The loop of consumers: each message alone, and what no retry can help goes aside at once."""

from __future__ import annotations

import json
import logging

import pytest

from utils.consumer import queue_consumer, stream_consumer

NOW = 1795968000.0  # 2026-11-29T16:00:00Z


class Context:
    def get_remaining_time_in_millis(self):
        return 10_000


class Aside:
    def __init__(self):
        self.kept = []

    def put(self, body, reason):
        self.kept.append((body, reason))


def message(number, type_="Done", **detail):
    content = {"id": f"id-{number}", "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z", "number": number, **detail}
    body = json.dumps({"detail-type": type_, "detail": content})
    return {"messageId": f"m{number}", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}


def handled(messages, action=None, oldest=None):
    """What the action saw, what failed, and what was set aside."""
    seen, aside = [], Aside()

    def remember(event, given):
        assert given == "a thing"
        if action:
            action(event)
        seen.append(event.detail["number"])

    handler = queue_consumer(
        remember, {"Done": 1}, lambda _: aside, oldest=oldest, clock=lambda: NOW, given=lambda _: "a thing"
    )
    answer = handler({"Records": messages}, Context())
    return seen, [it["itemIdentifier"] for it in answer["batchItemFailures"]], aside.kept


def fail_at(number):
    def action(event):
        if event.detail["number"] == number:
            raise RuntimeError("ann@example.com is personal")

    return action


@pytest.mark.parametrize("at", range(10))
def test_one_bad_message_comes_again_and_the_others_do_not(at):
    seen, failed, aside = handled([message(number) for number in range(10)], fail_at(at))
    assert failed == [f"m{at}"]
    assert seen == [number for number in range(10) if number != at]
    assert aside == []


def test_a_fault_is_logged_without_its_text(caplog):
    handled([message(1)], fail_at(1))
    [line] = [it for it in caplog.records if it.msg == "event_failed"]
    assert line.cause == ["RuntimeError"]
    assert "personal" not in caplog.text


def test_an_event_of_another_type_is_ignored():
    assert handled([message(1, "Undone")]) == ([], [], [])


NO_EVENTS = {
    **{body: body for body in ("", "text", "[]", "null", "{}", '{"detail-type": "Done", "detail": {}}')},
    "nested too deep": "[" * 100_000,
    "a version without end": message(1, schemaVersion=float("inf"))["body"],
    "a type that is a list": message(1, ["Done"])["body"],
}


@pytest.mark.parametrize("body", NO_EVENTS.values(), ids=list(NO_EVENTS))
def test_what_is_no_event_goes_aside_at_once(body):
    seen, failed, [(kept, reason)] = handled([{**message(1), "body": body}])
    assert (seen, failed, kept, reason) == ([], [], body, "the message is not an event of the bus")


def test_a_newer_schema_goes_aside_at_once():
    _, failed, [(_, reason)] = handled([message(1, schemaVersion=2)])
    assert (failed, reason) == ([], "the schema of the event has version 2, and this code knows 1")


@pytest.mark.parametrize(("oldest", "kept"), [(None, 0), (61, 0), (59, 1)])
def test_an_event_that_is_too_old_goes_aside(oldest, kept):
    seen, failed, aside = handled([message(1)], oldest=oldest)
    assert (len(aside), len(seen), failed) == (kept, 1 - kept, [])


def test_a_message_that_cannot_be_set_aside_comes_again():
    def gone(_deadline):
        raise ConnectionError

    handler = queue_consumer(lambda _: None, {"Done": 1}, gone)
    assert handler({"Records": [{**message(1), "body": "x"}]}, Context()) == {
        "batchItemFailures": [{"itemIdentifier": "m1"}]
    }


def test_a_handled_event_is_one_line_of_ids(caplog):
    caplog.set_level(logging.INFO)
    handled([message(1, email="ann@example.com")])
    [line] = caplog.records
    assert (line.msg, line.eventId, line.eventType) == ("event_handled", "id-1", "Done")
    assert "ann@" not in str(vars(line))


# -- streams -------------------------------------------------------------------------------------------------------


def stream(*numbers):
    return {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": it}} for it in numbers]}


def test_a_stream_is_retried_from_the_record_that_the_action_names():
    handler = stream_consumer(lambda records: records[1]["dynamodb"]["SequenceNumber"])
    assert handler(stream("1", "2"), Context()) == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_a_stream_that_is_done_is_not_retried():
    assert stream_consumer(lambda records: None)(stream("1"), Context()) == {"batchItemFailures": []}


def test_a_fault_retries_the_whole_batch(caplog):
    def fault(_records):
        raise RuntimeError("ann@example.com")

    assert stream_consumer(fault)(stream("1", "2"), Context()) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert "ann@" not in caplog.text


def test_records_that_were_set_aside_are_tried_one_by_one():
    seen = []

    def action(records):
        seen.append(records)
        return "1" if records == ["bad"] else None

    bodies = [json.dumps({"record": name}) for name in ("good", "bad", "better")]
    messages = [{"messageId": f"m{at}", "body": body, "eventSource": "aws:sqs"} for at, body in enumerate(bodies)]
    answer = stream_consumer(action)({"Records": messages}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert seen == [["good"], ["bad"], ["better"]]

"""Which lines of a failing batch a person sees."""

from __future__ import annotations

from local.functions.repeats import Repeats

STREAM = {"Records": [{"eventSource": "aws:dynamodb", "eventID": "1"}]}
OTHER = {"Records": [{"eventSource": "aws:dynamodb", "eventID": "2"}]}
QUEUE = {"Records": [{"eventSource": "aws:sqs", "messageId": "1"}]}


def call(event, function="f"):
    return {"function": function, "event": event}


def test_a_batch_that_fails_again_and_again_is_shown_at_growing_intervals_with_its_count():
    repeats = Repeats()
    shown = [repeats.note(call(STREAM), failed=True) for _ in range(20)]
    assert [number for number, (seen, _) in enumerate(shown, 1) if seen] == [1, 2, 4, 8, 16]
    assert [words for seen, words in shown if seen] == [
        "", *(f"failure {number} of this batch" for number in (2, 4, 8, 16))
    ]  # fmt: skip


def test_its_end_is_shown_with_the_number_of_failures():
    repeats = Repeats()
    for _ in range(3):
        repeats.note(call(STREAM), failed=True)
    assert repeats.note(call(STREAM), failed=False) == (True, "after 3 failures")
    assert repeats.note(call(STREAM), failed=False) == (True, "")


def test_the_next_batch_and_another_function_are_counted_from_the_start():
    repeats = Repeats()
    for _ in range(3):
        repeats.note(call(STREAM), failed=True)
    assert repeats.note(call(STREAM, "g"), failed=True) == (True, "")
    assert repeats.note(call(OTHER), failed=True) == (True, "")


def test_other_events_are_always_shown():
    repeats = Repeats()
    assert [repeats.note(call(event), failed=True) for event in (QUEUE, {}, [], QUEUE, {"Records": 1})] == [
        (True, "")
    ] * 5

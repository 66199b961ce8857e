"""The frame of a step: what it passes on, and what it never tells."""

from __future__ import annotations

import logging

import pytest

from utils.step import StepFailed, step


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 900_000


def test_a_step_returns_what_its_action_returns():
    handler = step(lambda event, seconds: [event, seconds], seconds=lambda deadline: round(deadline.remaining()))
    assert handler({"a": 1}, Context()) == [{"a": 1}, 895]


def test_a_failure_has_no_text_of_its_cause(caplog):
    def fail(_event):
        raise KeyError("ada@example.com")

    with caplog.at_level(logging.ERROR), pytest.raises(StepFailed) as failed:
        step(fail)({}, Context())
    assert str(failed.value) == "KeyError"
    assert failed.value.__context__ is None
    assert failed.value.__cause__ is None
    record = caplog.records[0]
    assert (record.message, record.cause) == ("step_failed", ["KeyError"])
    assert "ada" not in str(record.__dict__)

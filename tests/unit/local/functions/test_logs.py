"""Log lines of functions: all that a record holds, and under its request what tells why one failed."""

from __future__ import annotations

import asyncio
import logging
import sys

import pytest

from local import console
from local.functions import isolation, logs
from local.functions.logs import FunctionLog


@pytest.fixture
def printed(monkeypatch):
    """What is shown, line by line."""
    lines: list[str] = []
    monkeypatch.setattr(console, "say", lambda text: lines.extend(text.splitlines()))
    return lines


def logged(log, message, level=logging.INFO, exc_info=None, **members):
    """A line that a function logs."""
    record = logging.makeLogRecord(
        {"name": "orders", "levelno": level, "levelname": logging.getLevelName(level), "msg": message, **members}
    )
    record.exc_info = exc_info
    log.handle(record)


def on_loop(act, wait=0.0):
    """Run `act(log)` on an event loop, then `wait` seconds more."""

    async def run():
        act(FunctionLog(asyncio.get_running_loop()))
        await asyncio.sleep(wait)

    asyncio.run(run())


def test_a_plain_line_is_shown_at_once_with_lambdas_request_id(printed, monkeypatch):
    monkeypatch.setattr(isolation._local, "request_id", "lambda-1", raising=False)
    on_loop(lambda log: logged(log, "order_taken"))
    assert printed == ["    INFO orders: order_taken  lambda-1"]


def test_what_else_a_record_holds_is_shown_a_value_on_a_line(printed):
    on_loop(lambda log: logged(log, "order_lost", logging.WARNING, orderId=7, tried=["first", "second"]))
    assert [line.rstrip() for line in printed] == [
        "    WARNING orders: order_lost",
        "      orderId 7",
        "      tried  first",
        "             second",
    ]


def test_a_line_that_does_not_warn_has_its_fields_on_it(printed):
    on_loop(lambda log: logged(log, "order_taken", orderId=7, parts=["first", "second"]))
    assert printed == ["    INFO orders: order_taken    orderId=7  parts=['first', 'second']"]


def test_the_lines_of_a_quiet_invocation_are_left_out_unless_they_warn(printed, monkeypatch):
    monkeypatch.setattr(isolation._local, "request_id", "lambda-1", raising=False)

    def act(log):
        log.quiet.add("lambda-1")
        logged(log, "order_taken")
        logged(log, "order_lost", logging.WARNING)

    on_loop(act)
    assert printed == ["    WARNING orders: order_lost  lambda-1"]


def test_why_a_request_failed_waits_for_the_line_of_its_request(printed):
    def act(log):
        logged(log, "request_failed", logging.ERROR, apiRequestId="told-to-the-client", cause=["KeyError"])
        logged(log, "request_failed", logging.ERROR, apiRequestId="of-another")
        assert printed == []
        log.show("told-to-the-client")

    on_loop(act)
    assert printed == ["    ERROR orders: request_failed  told-to-the-client", "      cause  KeyError"]


def test_why_a_request_failed_is_shown_without_its_line_when_that_does_not_come(printed, monkeypatch):
    monkeypatch.setattr(logs, "HELD_SECONDS", 0.01)
    on_loop(lambda log: logged(log, "request_failed", apiRequestId="late"), wait=0.1)
    assert printed == ["    INFO orders: request_failed  late"]


def test_at_the_end_nothing_is_held_back(printed):
    def act(log):
        logged(log, "request_failed", apiRequestId="last")
        log.flush()
        log.flush()

    on_loop(act)
    assert printed == ["    INFO orders: request_failed  last"]


def test_a_traceback_that_a_function_asks_for_is_shown(printed):
    def act(log):
        try:
            raise ValueError("its own words")
        except ValueError:
            logged(log, "order_lost", exc_info=sys.exc_info(), orderId=7)

    on_loop(act)
    assert printed[1] == "      orderId 7"
    assert printed[2] == "    Traceback (most recent call last):"
    assert printed[-1] == "    ValueError: its own words"

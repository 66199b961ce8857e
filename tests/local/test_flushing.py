"""What people read is written out soon, all at once, and in order."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import select
import sys

import pytest

from local import console
from local.flushing import FLUSH_SECONDS, Flushing
from local.gateway.access_log import AccessLog
from local.gateway.events import exchange
from local.gateway.responses import Refusal
from local.gateway.rest_api import Outcome
from local.screen import request_line
from local.wire.messages import Request, Response

pytestmark = pytest.mark.local_only


def arrived(path="/users", outcome=None):
    """What the gateway reports of an answer."""
    return exchange(Request("GET", path, [], b"", "127.0.0.1"), "Prod"), Response(200), outcome or Outcome()


def failed(reason):
    outcome = Outcome()
    outcome.refusal = Refusal("DEFAULT_5XX", reason=reason)
    return outcome


def standard_output(monkeypatch):
    """A standard output that is no terminal: a function that gives what has come out of it."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8"))
    return lambda: raw.getvalue().decode()


def test_all_that_waits_is_flushed_once_and_soon():
    async def run():
        flushed = []
        flushing = Flushing([lambda: flushed.append("console"), lambda: flushed.append("log")])
        for _ in range(5):
            flushing.soon()
        assert flushed == []
        await asyncio.sleep(3 * FLUSH_SECONDS)
        assert flushed == ["console", "log"]
        flushing.soon()
        await asyncio.sleep(3 * FLUSH_SECONDS)
        assert flushed == ["console", "log"] * 2

    asyncio.run(run())


def test_at_the_end_all_is_flushed_at_once_and_not_again():
    async def run():
        flushed = []
        flushing = Flushing([lambda: flushed.append(1)])
        flushing.soon()
        flushing.now()
        assert flushed == [1]
        await asyncio.sleep(3 * FLUSH_SECONDS)
        assert flushed == [1]

    asyncio.run(run())


def test_a_requests_line_waits_and_why_one_failed_does_not(monkeypatch):
    printed = standard_output(monkeypatch)
    request_line(*arrived("/first"))
    assert printed() == ""
    request_line(*arrived("/second", failed("disk on fire")))
    lines = printed().splitlines()
    assert ["/first" in lines[0], "/second" in lines[1], lines[2]] == [True, True, "    disk on fire"]


def test_lines_keep_their_order_with_what_functions_print(monkeypatch):
    printed = standard_output(monkeypatch)
    print("of the first function")
    request_line(*arrived("/first"))
    print("of the second function")
    console.say("stopping")
    first, line, second, last = printed().splitlines()
    assert (first, second, last) == ("of the first function", "of the second function", "stopping")
    assert "/first" in line


def test_a_terminal_gets_lines_together_too_and_in_order_with_what_functions_print(monkeypatch):
    screen, terminal = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as shown, os.fdopen(terminal, "w") as printed:
        monkeypatch.setattr(sys, "stdout", printed)
        request_line(*arrived("/first"))
        request_line(*arrived("/sécond"))
        assert select.select([shown], [], [], 0.05)[0] == []
        print("of a function")
        request_line(*arrived("/third"))
        console.flush()
        text = b""
        while b"/third" not in text and select.select([shown], [], [], 5)[0]:
            text += shown.read(4096)
        monkeypatch.undo()
    first, second, function, third = text.decode().splitlines()
    assert ("/first" in first, "/sécond" in second, "/third" in third) == (True, True, True)
    assert function == "of a function"


def test_without_a_standard_output_nothing_is_printed_and_nothing_fails(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    request_line(*arrived("/first", failed("disk on fire")))


@pytest.mark.parametrize("lines", [1, 1000])
def test_a_full_disk_is_said_and_keeps_no_answer(tmp_path, caplog, lines):
    """`/dev/full` refuses every byte."""
    (tmp_path / "access.log").symlink_to("/dev/full")
    log = AccessLog(tmp_path / "access.log", "$context.status " + "x" * 100)
    refused = 0
    for _ in range(lines):
        try:
            log.write(*arrived(), {})
        except OSError:
            refused += 1  # the gateway says so
    log.flush()
    log.close()
    assert refused or "the access log cannot be written" in caplog.text


def test_what_a_full_disk_did_not_take_does_not_keep_the_log_from_beginning_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("local.gateway.access_log.ROTATE_BYTES", 10)
    (tmp_path / "access.log").symlink_to("/dev/full")
    log = AccessLog(tmp_path / "access.log", "$context.status")
    for _ in range(4):
        log.write(*arrived(), {})  # with the third the file has its size
    log.close()
    assert (tmp_path / "access.log").read_text() == "200\n"

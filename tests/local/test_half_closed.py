"""A client that has closed its side of the connection still reads: it gets the responses to its complete requests."""

from __future__ import annotations

import json
import socket

import pytest

from tests.local.wire import answers, whole

pytestmark = pytest.mark.local_only
TEMPLATE = "proxy"
GET = b"GET /Prod/echo/1 HTTP/1.1\r\nHost: x\r\n\r\n"
CUT = {
    "line": b"DELETE /Prod/ech",
    "head": b"DELETE /Prod/echo/2 HTTP/1.1\r\nHost: x\r\n",
    "body": b"POST /Prod/echo?late HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcd",
    "chunk": b"POST /Prod/echo?late HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    "held back": b"POST /Prod/echo?late HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    "offer": b"POST /?late HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\n",
}


def sent(wire, data):
    """Send data and close this side."""
    wire.sendall(data)
    wire.shutdown(socket.SHUT_WR)
    return wire


def test_a_complete_request_is_answered(wire):
    assert [status for status, _ in answers(sent(wire, GET))] == [200]


def test_a_slow_request_is_answered(wire):
    body = json.dumps({"sleep": 0.2, "answer": {"statusCode": 201}}).encode()
    head = b"POST /Prod/answer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert [status for status, _ in answers(sent(wire, head + body))] == [201]


def test_the_end_may_come_later_than_the_request(wire):
    body = json.dumps({"sleep": 0.2, "answer": {"statusCode": 201}}).encode()
    wire.sendall(b"POST /Prod/answer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    assert [status for status, _ in answers(sent(wire, b""))] == [201]


def test_every_pipelined_request_is_answered(wire):
    assert [status for status, _ in answers(sent(wire, GET * 3))] == [200] * 3


@pytest.mark.parametrize("cut", CUT)
def test_a_request_cut_in_the_middle_gets_no_response_and_does_nothing(api, wire, cut):
    before = len(api.seen)
    assert b"HTTP/1.1 2" not in whole(sent(wire, CUT[cut]))
    assert len(api.seen) == before


@pytest.mark.parametrize("cut", CUT)
def test_requests_before_a_cut_one_are_answered(wire, cut):
    everything = whole(sent(wire, GET + CUT[cut]))
    assert everything.count(b"HTTP/1.1 200") == 1
    assert b"late" not in everything


def test_a_connection_that_ends_without_a_request_is_closed(wire):
    assert whole(sent(wire, b"")) == b""

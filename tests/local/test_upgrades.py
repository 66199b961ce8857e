"""Offers of another protocol: a server may ignore them (RFC 9110, 7.8), and answers the request as it stands."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.local.wire import answer, answers

pytestmark = pytest.mark.local_only
TEMPLATE = "proxy"
OFFERS = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "TLS": b"upgrade: TLS/1.0\r\nconnection: upgrade\r\n",
    "several": b"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\nUpgrade: IRC/6.9\r\n",
    "unnamed": b"Upgrade: h2c\r\n",
    "empty": b"Connection: Upgrade\r\nUpgrade:\r\n",
}
BODIES = {
    "none": (b"\r\n", None),
    "length": (b"Content-Length: 3\r\n\r\nabc", "abc"),
    "chunked": (b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
}
START = b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\nX-Caf: \xe9\r\n"
LAST = b"GET /Prod/echo/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def offering(offer, body):
    return START + OFFERS[offer] + BODIES[body][0]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("offer", OFFERS)
def test_an_offer_is_ignored_and_the_body_arrives(wire, offer, body):
    wire.sendall(offering(offer, body) + LAST)
    (first, event), (second, _) = answers(wire)
    assert (first, second) == (200, 200)
    assert event["event"]["body"] == BODIES[body][1]
    assert event["event"]["headers"]["X-Caf"] == "\xe9"


@pytest.mark.parametrize("body", BODIES)
def test_the_connection_goes_on_after_an_offer(wire, body):
    for _ in range(2):
        wire.sendall(offering("h2c", body))
        assert answer(wire)[0] == 200


def test_an_offer_that_arrives_in_pieces_is_ignored_too(wire):
    for byte in offering("h2c", "chunked"):
        wire.send(bytes([byte]))
    assert answer(wire)[0] == 200
    wire.sendall(LAST)
    assert [status for status, _ in answers(wire)] == [200]


def test_many_pipelined_offers_are_answered_in_order(wire):
    wire.sendall(offering("h2c", "length") * 1500 + LAST)
    paths = [body["event"]["path"] for _, body in answers(wire)]
    assert paths == ["/echo"] * 1500 + ["/echo/2"]


def test_an_offer_with_expect_is_told_once_to_go_on(wire):
    wire.sendall(START + OFFERS["h2c"] + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"{}")
    status, _, body = answer(wire)
    assert status == 200
    assert b'"body": "{}"' in body


def test_close_is_obeyed_beside_an_offer(wire):
    wire.sendall(START + b"Connection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n" + LAST)
    assert len(answers(wire)) == 1


def test_connect_is_answered_and_what_follows_is_not_read(wire):
    wire.sendall(b"CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n" + LAST)
    assert [status for status, _ in answers(wire)] == [403]


@pytest.mark.parametrize("before", [b"", START + b"\r\n"], ids=["first", "later"])
def test_http_2_by_prior_knowledge_is_a_bad_request(wire, before):
    wire.sendall(before + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    assert [status for status, _ in answers(wire)][-1] == 400


@pytest.mark.needs("curl")
def test_curl_offers_http_2_and_sends_its_body(api):
    command = [shutil.which("curl"), "-sS", "--http2", "-d", "abc", "-w", " %{http_code}", f"{api.base}/echo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    assert '"body": "abc"' in done.stdout
    assert done.stdout.endswith(" 200")

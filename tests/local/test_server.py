"""HTTP/1.1 as a client sees it: RFC 9110 and RFC 9112."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from tests.local.wire import answer, whole

pytestmark = pytest.mark.local_only
TEMPLATE = "proxy"


def test_a_connection_serves_one_request_after_another(wire):
    for number in range(3):
        wire.sendall(b"GET /Prod/echo/%d HTTP/1.1\r\nHost: x\r\n\r\n" % number)
        status, _, body = answer(wire)
        assert (status, json.loads(body)["event"]["path"]) == (200, f"/echo/{number}")


def test_pipelined_requests_are_answered_in_order(wire):
    wire.sendall(b"".join(b"GET /Prod/echo/%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(4))
                 + b"GET /Prod/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")  # fmt: skip
    text = whole(wire).decode()
    places = [text.index(f'"path": "/echo/{n}"') for n in range(4)]
    assert places == sorted(places)
    assert text.count("HTTP/1.1 200") == 4
    assert text.count("HTTP/1.1 403") == 1


def test_a_request_that_arrives_in_pieces_is_one_request(wire):
    for byte in b"GET /Prod/echo HTTP/1.1\r\nHost: x\r\nX-Slow: yes\r\n\r\n":
        wire.send(bytes([byte]))
    assert json.loads(answer(wire)[2])["event"]["headers"]["X-Slow"] == "yes"


def test_chunked_bodies_are_put_together_and_trailers_ignored(wire):
    wire.sendall(b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: no\r\n\r\n")  # fmt: skip
    event = json.loads(answer(wire)[2])["event"]
    assert event["body"] == "abcde"
    assert "X-Trailer" not in event["headers"]


def test_expect_continue_is_told_to_go_on(wire):
    wire.sendall(b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"{}")
    assert json.loads(answer(wire)[2])["event"]["body"] == "{}"


def test_expect_continue_with_too_large_a_body_is_refused_before_it_is_sent(wire):
    wire.sendall(b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    assert answer(wire)[0] == 413


def test_head_has_headers_and_no_body(wire):
    wire.sendall(b"HEAD /Prod/files/x HTTP/1.1\r\nHost: x\r\n\r\n")
    status, headers, body = answer(wire, "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0
    wire.sendall(b"GET /Prod/echo/1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer(wire)[0] == 200


def test_connection_close_is_obeyed(wire):
    wire.sendall(b"GET /Prod/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Connection: close\r\n" in whole(wire)


def test_http_1_0_closes_unless_asked_to_stay(wire):
    wire.sendall(b"GET /Prod/nowhere HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert answer(wire)[1]["Connection"] == "keep-alive"
    wire.sendall(b"GET /Prod/nowhere HTTP/1.0\r\n\r\n")
    assert whole(wire).startswith(b"HTTP/1.1 403")


def test_a_whole_url_as_target_is_read_as_its_path(wire):
    wire.sendall(b"GET http://x/Prod/echo/7?a=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert json.loads(answer(wire)[2])["event"]["path"] == "/echo/7"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"rubbish\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"y" * 300_000 + b"\r\n\r\n",
    ],
    ids=lambda data: data[:24].decode("latin-1").replace("\r\n", " "),
)
def test_what_is_no_http_is_a_bad_request_and_the_connection_ends(wire, request_bytes):
    wire.sendall(request_bytes)
    answered = whole(wire)
    assert answered.startswith(b"HTTP/1.1 400 ")
    assert answered.count(b"HTTP/1.1 ") == 1


def test_nothing_after_a_bad_request_is_taken_for_a_request(wire):
    """Request smuggling: a body that two servers end at different places."""
    wire.sendall(b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"0\r\n\r\nGET /Prod/echo/smuggled HTTP/1.1\r\nHost: x\r\n\r\n")  # fmt: skip
    assert b"smuggled" not in whole(wire)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "QUERY", "FOO", "PROPFIND"])
def test_other_methods_get_an_answer_of_the_gateways(api, wire, method):
    target = "/Prod/echo" if method != "CONNECT" else "x:80"
    wire.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    status = int(whole(wire).split()[1])
    assert 200 <= status < 500


def test_a_client_that_goes_away_harms_nobody(api):
    for _ in range(5):
        connection = socket.create_connection((api.host, api.port))
        connection.sendall(b"POST /Prod/answer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        connection.close()
    assert api.get("/echo").status == 200


def test_a_large_answer_arrives_whole_at_a_slow_reader(wire):
    body = json.dumps({"large": 4_000_000}).encode()
    wire.sendall(b"POST /Prod/answer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
                 b"Content-Length: %d\r\n\r\n%s" % (len(body), body))  # fmt: skip
    time.sleep(0.3)
    size = 0
    while part := wire.recv(50_000):
        size += len(part)
        if size < 500_000:
            time.sleep(0.005)
    assert size > 4_000_000


def test_idle_connections_are_closed(local_api, monkeypatch):
    monkeypatch.setattr("local.wire.server.SWEEP_SECONDS", 0.05)
    monkeypatch.setattr("local.wire.server.IDLE_SECONDS", 0.2)
    api = local_api("mocks")
    with socket.create_connection((api.host, api.port), timeout=5) as connection:
        connection.sendall(b"GET /Prod/chosen HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(connection)[0] == 200
        assert connection.recv(1) == b""


def test_stopping_finishes_what_is_under_way(local_api):
    api = local_api("proxy")
    statuses = []
    client = threading.Thread(
        target=lambda: statuses.append(api.post("/answer", {"sleep": 0.15, "answer": {"statusCode": 200}}).status)
    )
    client.start()
    time.sleep(0.08)
    api.loop.call_soon_threadsafe(api.done.set)
    client.join()
    assert statuses == [200]

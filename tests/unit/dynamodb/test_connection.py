"""One HTTP/1.1 connection against a server that answers byte for byte as its script says."""

from __future__ import annotations

import socket
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamodb import connection
from dynamodb.connection import Connection, Connector
from dynamodb.errors import NoResponse
from tests.unit.dynamodb.scripted_server import (
    OK,
    ScriptedServer,
    answer,
    drip,
    half_close,
    hang,
    read_request,
    reset,
    say,
    then,
)

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def connect(server: ScriptedServer, timeout: float = 1) -> Connection:
    return Connector("127.0.0.1", server.port, tls=False).connect(timeout)


def exchange(*acts, timeout: float = 2):
    with ScriptedServer(acts) as server:
        return connect(server).exchange(REQUEST, timeout)


def test_the_request_is_sent_as_it_is_and_the_answer_read():
    with ScriptedServer([answer(b'{"a": 1}', X_Amzn_RequestId="R")]) as server:
        status, headers, body = connect(server).exchange(REQUEST, 2)
    assert (status, body) == (200, b'{"a": 1}')
    assert headers["x-amzn-requestid"] == "R"
    assert server.requests == [REQUEST]


def test_one_connection_carries_request_after_request():
    with ScriptedServer([answer(b"1"), answer(b"22"), answer(b"")]) as server:
        one = connect(server)
        bodies = [one.exchange(REQUEST, 2)[2] for _ in range(3)]
    assert bodies == [b"1", b"22", b""]
    assert server.connections == 1


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = {
    "bare": (OK, b"{}"),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    "empty reason": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    "white space around values": (b"HTTP/1.1 200 OK\r\nContent-Length: \t 2 \t\r\n\r\n{}", b"{}"),
    "any case of names": (b"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:2\r\n\r\n{}", b"{}"),
    "latin-1 in headers": (b"HTTP/1.1 200 OK\r\nX: \xe9\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    "continue first": (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"{}"),
    "early hints first": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK, b"{}"),
    "chunks": (CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"{}"),
    "hexadecimal chunks": (CHUNKED + b"00A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", b"01234567890123456789a"),
    "chunk extensions": (CHUNKED + b"2;a=b\r\n{}\r\n0;c\r\n\r\n", b"{}"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\nX-Checksum: 1\r\nY: 2\r\n\r\n", b"{}"),
    "no chunk": (CHUNKED + b"0\r\n\r\n", b""),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("size", [1, 3, 100000])
def test_correct_answers_are_read_however_they_are_cut(name, size):
    raw, body = GOOD[name]
    with ScriptedServer([drip(raw, 0, size), say(OK)]) as server:
        one = connect(server)
        assert one.exchange(REQUEST, 2)[::2] == (200, body)
        assert one.exchange(REQUEST, 2)[2] == b"{}"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(min_size=1, max_size=2000), max_size=6), st.integers(1, 3000), st.booleans())
def test_any_body_comes_through_however_it_is_framed_and_cut(pieces, cut, chunked):
    body = b"".join(pieces)
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    if chunked:
        raw = CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    near, far = socket.socketpair()
    with near, far:
        for at in range(0, len(raw), cut):
            far.sendall(raw[at : at + cut])
        assert Connection(near).exchange(REQUEST, 2) == (
            200,
            connection._headers([raw.split(b"\r\n")[1].decode()]),
            body,
        )
        assert read_request(far) == REQUEST


HEAD = b"HTTP/1.1 200 OK\r\n"
BAD = {
    "nothing": b"",
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "http/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "http/2": b"HTTP/2 200\r\nContent-Length: 2\r\n\r\n{}",
    "no status": b"HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    "status of letters": b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
    "status of two digits": b"HTTP/1.1 20\r\nContent-Length: 2\r\n\r\n{}",
    "status of foreign digits": "HTTP/1.1 \u00b2\u00b2\u00b2 OK\r\nContent-Length: 2\r\n\r\n{}".encode("latin-1"),
    "no length": HEAD + b"\r\n{}",
    "length of letters": HEAD + b"Content-Length: two\r\n\r\n{}",
    "negative length": HEAD + b"Content-Length: -2\r\n\r\n{}",
    "signed length": HEAD + b"Content-Length: +2\r\n\r\n{}",
    "underscored length": HEAD + b"Content-Length: 0_2\r\n\r\n{}",
    "empty length": HEAD + b"Content-Length:\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "gzip, chunks": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": HEAD + b"Transfer-Encoding: identity\r\n\r\n{}",
    "compressed": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "header without colon": HEAD + b"Content-Length 2\r\n\r\n{}",
    "header without name": HEAD + b": 2\r\nContent-Length: 2\r\n\r\n{}",
    "white space before colon": HEAD + b"Content-Length : 2\r\n\r\n{}",
    "folded header": HEAD + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "line feed in a header": HEAD + b"X: a\nContent-Length: 2\r\n\r\n{}",
    "chunk size of letters": CHUNKED + b"xy\r\n{}\r\n0\r\n\r\n",
    "chunk size with sign": CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n",
    "chunk size with prefix": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
    "chunk size with space": CHUNKED + b" 2\r\n{}\r\n0\r\n\r\n",
    "no chunk size": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
    "chunk too long": CHUNKED + b"2\r\n{}}\r\n0\r\n\r\n",
    "chunk without end": CHUNKED + b"2\r\n{}xx0\r\n\r\n",
    "chunk size line too long": CHUNKED + b"2;" + b"a" * 2000 + b"\r\n{}\r\n0\r\n\r\n",
    "trailers without end": CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: 1\r\n" * 200,
    "only interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 10,
    "head without end": HEAD + b"X: 1\r\n" * 20000,
    "cut in the status": b"HTTP/1.1 2",
    "cut in the head": HEAD + b"Content-Le",
    "cut in the body": HEAD + b"Content-Length: 20\r\n\r\n{}",
    "cut in a chunk": CHUNKED + b"20\r\n{}",
    "cut after a chunk": CHUNKED + b"2\r\n{}",
    "cut before the last chunk": CHUNKED + b"2\r\n{}\r\n",
    "cut in the trailers": CHUNKED + b"2\r\n{}\r\n0\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_no_answer_and_ends_the_connection(name):
    with ScriptedServer([say(BAD[name])]) as server:
        one = connect(server)
        with pytest.raises(NoResponse) as raised:
            one.exchange(REQUEST, 2)
    assert raised.value.sent
    assert not raised.value.stale
    assert not one.reusable


@pytest.mark.parametrize(
    "head", [b"Content-Length: %d", b"Content-Length: 9999999999", b"Content-Length: 99999999999999"]
)
def test_an_answer_over_the_bound_is_refused_unread(head, monkeypatch):
    monkeypatch.setattr(connection, "MAX_BODY", 1000)
    raw = HEAD + head.replace(b"%d", b"1001") + b"\r\n\r\n" + b"x" * 1001
    with pytest.raises(NoResponse, match="too large"):
        exchange(say(raw))
    assert exchange(answer(b"x" * 1000))[2] == b"x" * 1000


def test_chunks_over_the_bound_together_are_refused(monkeypatch):
    monkeypatch.setattr(connection, "MAX_BODY", 1000)
    with pytest.raises(NoResponse, match="too large"):
        exchange(say(CHUNKED + b"1f4\r\n" + b"x" * 500 + b"\r\n" + b"1f5\r\n" + b"x" * 501 + b"\r\n0\r\n\r\n"))
    with pytest.raises(NoResponse, match="too large"):
        exchange(say(CHUNKED + b"ffffffff\r\n"))
    assert len(exchange(say(CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n"))[2]) == 1000


def test_a_large_answer_comes_through_whole():
    body = bytes(range(256)) * 8192
    assert exchange(answer(body))[2] == body


def test_a_reset_instead_of_an_answer_is_no_answer():
    with pytest.raises(NoResponse) as raised:
        exchange(reset)
    assert raised.value.sent


def test_a_half_closed_connection_is_no_answer():
    begun = time.monotonic()
    with pytest.raises(NoResponse):
        exchange(half_close)
    assert time.monotonic() - begun < 0.8


@pytest.mark.parametrize(
    "act", [hang(2), then(say(OK[:-1]), hang(2)), drip(OK, 0.03)], ids=["hang", "hang late", "drip"]
)
def test_the_time_out_holds_for_the_whole_answer(act):
    begun = time.monotonic()
    with pytest.raises(NoResponse, match="Timeout") as raised:
        exchange(act, timeout=0.3)
    assert 0.25 < time.monotonic() - begun < 1
    assert raised.value.sent


def test_no_answer_is_waited_for_longer_than_the_read_time_out(monkeypatch):
    monkeypatch.setattr(connection, "READ_TIMEOUT", 0.2)
    begun = time.monotonic()
    with pytest.raises(NoResponse):
        exchange(hang(2), timeout=60)
    assert time.monotonic() - begun < 1


def test_a_slow_answer_inside_the_time_out_is_an_answer():
    assert exchange(drip(OK, 0.02, 10), timeout=2)[2] == b"{}"


@pytest.mark.parametrize("raw", [OK + b"x", OK + OK])
def test_bytes_after_the_answer_end_the_connection_but_not_the_answer(raw):
    with ScriptedServer([say(raw)]) as server:
        one = connect(server)
        assert one.exchange(REQUEST, 2)[2] == b"{}"
        assert not one.reusable


@pytest.mark.parametrize("value", [b"close", b"Close", b"keep-alive, close"])
def test_a_server_that_says_close_is_taken_at_its_word(value):
    with ScriptedServer([say(HEAD + b"Connection: " + value + b"\r\nContent-Length: 2\r\n\r\n{}")]) as server:
        one = connect(server)
        assert one.exchange(REQUEST, 2)[2] == b"{}"
        assert not one.reusable


@pytest.mark.parametrize("end", [say(b""), reset], ids=["close", "reset"])
def test_a_kept_connection_that_turns_out_dead_is_stale(end):
    with ScriptedServer([say(OK), end]) as server:
        one = connect(server)
        one.exchange(REQUEST, 2)
        with pytest.raises(NoResponse) as raised:
            one.exchange(REQUEST, 2)
    assert raised.value.stale
    assert raised.value.sent


def test_a_kept_connection_that_dies_within_an_answer_is_not_stale():
    with ScriptedServer([say(OK), say(OK[:5])]) as server:
        one = connect(server)
        one.exchange(REQUEST, 2)
        with pytest.raises(NoResponse) as raised:
            one.exchange(REQUEST, 2)
    assert not raised.value.stale


def test_a_kept_connection_that_stays_silent_is_not_stale():
    with ScriptedServer([say(OK), hang(1)]) as server:
        one = connect(server)
        one.exchange(REQUEST, 2)
        with pytest.raises(NoResponse) as raised:
            one.exchange(REQUEST, 0.2)
    assert not raised.value.stale


def test_a_fresh_connection_that_dies_is_not_stale():
    with ScriptedServer([reset]) as server, pytest.raises(NoResponse) as raised:
        connect(server).exchange(REQUEST, 2)
    assert not raised.value.stale


def test_an_idle_connection_is_alive_until_the_other_side_ends_it():
    near, far = socket.socketpair()
    one = Connection(near)
    assert one.alive()
    far.close()
    assert not one.alive()
    assert not one.reusable


def test_an_idle_connection_that_speaks_unasked_is_not_kept():
    near, far = socket.socketpair()
    with far:
        one = Connection(near)
        far.sendall(OK)
        assert not one.alive()


def test_a_request_that_could_not_be_sent_whole_took_no_effect():
    near, far = socket.socketpair()
    one = Connection(near)
    far.close()
    with pytest.raises(NoResponse) as raised:
        one.exchange(REQUEST, 1)
    assert not raised.value.sent


def test_nobody_listening_is_no_answer_and_nothing_sent():
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    with pytest.raises(NoResponse, match="ConnectionRefused") as raised:
        Connector("127.0.0.1", free.getsockname()[1], tls=False).connect(1)
    assert not raised.value.sent


def test_connecting_gives_up_at_its_time_out():
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = []
    for _ in range(3):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(full.getsockname())
        waiting.append(sock)
    begun = time.monotonic()
    with pytest.raises(NoResponse, match="imed out") as raised:
        Connector("127.0.0.1", full.getsockname()[1], tls=False).connect(0.2)
    assert time.monotonic() - begun < 1
    assert not raised.value.sent


def test_a_name_that_does_not_exist_is_no_answer():
    with pytest.raises(NoResponse, match=r"no\.such\.name\.invalid:80"):
        Connector("no.such.name.invalid", 80, tls=False).connect(1)


def test_a_name_look_up_that_hangs_is_left_behind(monkeypatch):
    def slow_look_up(*_):
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow_look_up)
    begun = time.monotonic()
    with pytest.raises(NoResponse, match="lookup"):
        Connector("slow.example", 80, tls=False).connect(0.1)
    assert time.monotonic() - begun < 0.9


def test_every_address_of_a_name_is_tried(monkeypatch):
    with ScriptedServer([say(OK)]) as server:
        free = socket.socket()
        free.bind(("127.0.0.1", 0))
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
            for port in (free.getsockname()[1], server.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: addresses)
        assert Connector("two.example", 1, tls=False).connect(1).exchange(REQUEST, 1)[0] == 200


def test_ipv6_works():
    try:
        server = ScriptedServer([say(OK)], family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with server:
        assert Connector("::1", server.port, tls=False).connect(1).exchange(REQUEST, 1)[0] == 200

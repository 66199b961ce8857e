"""The head of a request: RFC 9110 and RFC 9112, white space, Host, the forms of a target, versions, framing.

h11, another implementation, says for each head whether it is valid; `STRICTER` lists where this server says more.
"""

from __future__ import annotations

import json
import socket

import h11
import pytest

from tests.local.wire import answer, answers, whole

pytestmark = pytest.mark.local_only
TEMPLATE = "proxy"
CLOSE = b"Connection: close\r\n"


def get(target=b"/Prod/echo", version=b"HTTP/1.1", headers=b"Host: x\r\n", method=b"GET"):
    return b"%s %s %s\r\n%s%s\r\n" % (method, target, version, headers, CLOSE)


def post(headers, body=b"abc"):
    return b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\n" + CLOSE + headers + b"\r\n" + body


VALID = {
    "spaces around a length": post(b"Content-Length:\t 3 \t\r\n"),
    "spaces around a coding": post(b"Transfer-Encoding:  chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"),
    "coding in capitals": post(b"Transfer-Encoding: CHUNKED\r\n", b"3\r\nabc\r\n0\r\n\r\n"),
    "chunk extension": post(b"Transfer-Encoding: chunked\r\n", b'3;a=1;b="c"\r\nabc\r\n0\r\n\r\n'),
    "trailers": post(b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\nHost: y\r\nX: y\r\n\r\n"),
    "empty value": get(headers=b"Host: x\r\nX-Empty:\r\n"),
    "empty host": get(headers=b"Host:\r\n"),
    "host with spaces around": get(headers=b"Host:\t x:80 \r\n"),
    "host with port": get(headers=b"Host: localhost:3000\r\n"),
    "host in brackets": get(headers=b"Host: [::1]:3000\r\n"),
    "no host in 1.0": get(version=b"HTTP/1.0", headers=b""),
    "empty lines before": b"\r\n\r\n" + get(),
    "whole URL": get(b"http://x/Prod/echo"),
    "asterisk of OPTIONS": get(b"*", method=b"OPTIONS"),
    "unknown method": get(method=b"X-FOO"),
    "method of another protocol": get(method=b"DESCRIBE"),
    "method in small letters": get(method=b"get"),
}
INVALID = {
    "no host": get(headers=b""),
    "two hosts": get(headers=b"Host: x\r\nHost: x\r\n"),
    "host with a slash": get(headers=b"Host: x/y\r\n"),
    "host with a space": get(headers=b"Host: x y\r\n"),
    "host with a user": get(headers=b"Host: a@x\r\n"),
    "host with a bad port": get(headers=b"Host: x:y\r\n"),
    "host of a list": get(headers=b"Host: x, y\r\n"),
    "two hosts in 1.0": get(version=b"HTTP/1.0", headers=b"Host: x\r\nHost: y\r\n"),
    "no host, unknown method": get(headers=b"", method=b"FOO"),
    "fragment": get(b"/Prod/echo#part"),
    "fragment in the query": get(b"/Prod/echo?a=1#part"),
    "control character in the target": get(b"/Prod/echo\x01"),
    "delete character in the target": get(b"/Prod/echo\x7f"),
    "NUL in the target": get(b"/Prod/echo\0"),
    "tab in the target": get(b"/Prod/echo\tx"),
    "space in the target": get(b"/Prod/echo x"),
    "8-bit bytes in the target": get("/Prod/echo/\xe9".encode()),
    "8-bit bytes in the query": get(b"/Prod/echo?a=\xe9"),
    "asterisk of GET": get(b"*"),
    "asterisk with more": get(b"*x", method=b"OPTIONS"),
    "authority of GET": get(b"x:80"),
    "relative path": get(b"Prod/echo"),
    "only a query": get(b"?a=1"),
    "URL without a host": get(b"http:///Prod/echo"),
    "URL with a user": get(b"http://a:b@x/Prod/echo"),
    "URL of another scheme": get(b"ftp://x/Prod/echo"),
    "path of CONNECT": get(method=b"CONNECT"),
    "two spaces before the target": get(b" /Prod/echo"),
    "two spaces after the target": get(b"/Prod/echo "),
    "tab before the target": get().replace(b"GET ", b"GET\t"),
    "tab after the target": get().replace(b" HTTP", b"\tHTTP"),
    "form feed after the target": get().replace(b" HTTP", b"\x0cHTTP"),
    "space before the method": b" " + get(),
    "tab before the method": b"\t" + get(),
    "space after the version": get(version=b"HTTP/1.1 "),
    "tab after the version": get(version=b"HTTP/1.1\t"),
    "carriage return after the version": get(version=b"HTTP/1.1\r"),
    "empty line with a space before": b" \r\n" + get(),
    "two spaces, unknown method": get(b" /Prod/echo", method=b"FOO"),
    "folded header, unknown method": get(headers=b"Host: x\r\nX-A: b\r\n c\r\n", method=b"FOO"),
    "bad name, unknown method": get(headers=b"Host: x\r\nX A: b\r\n", method=b"FOO"),
    "RTSP": get(version=b"RTSP/1.0", method=b"OPTIONS"),
    "ICE": get(version=b"ICE/1.0", method=b"SOURCE"),
    "minor version of two digits": get(version=b"HTTP/1.10"),
    "no target": get(b""),
    "method with a slash": get(method=b"G/T"),
    "method of 33 characters": get(method=b"X" * 33),
    "version 2.0": get(version=b"HTTP/2.0"),
    "version 0.9": get(version=b"HTTP/0.9"),
    "version 9.9": get(version=b"HTTP/9.9"),
    "no version": b"GET /Prod/echo\r\n\r\n",
    "version in small letters": get(version=b"http/1.1"),
    "bare line feeds": get().replace(b"\r\n", b"\n"),
    "one bare line feed": get(headers=b"Host: x\nX-A: b\r\n"),
    "bare carriage return": get(headers=b"Host: x\r\nX-A: b\rc\r\n"),
    "folded header": get(headers=b"Host: x\r\nX-A: b\r\n c\r\n"),
    "folded first header": get(headers=b" Host: x\r\n"),
    "space before the colon": get(headers=b"Host : x\r\n"),
    "empty name": get(headers=b"Host: x\r\n: y\r\n"),
    "no colon": get(headers=b"Host: x\r\nX-A\r\n"),
    "NUL in a value": get(headers=b"Host: x\r\nX-A: b\0c\r\n"),
    "8-bit name": get(headers=b"Host: x\r\nX\xe9: b\r\n"),
    "length and coding": post(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "coding and length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", b"0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 3\r\nContent-Length: 4\r\n"),
    "two lengths in one": post(b"Content-Length: 3, 4\r\n"),
    "length with a sign": post(b"Content-Length: +3\r\n"),
    "length below zero": post(b"Content-Length: -3\r\n"),
    "length in hexadecimal": post(b"Content-Length: 0x3\r\n"),
    "length with an underscore": post(b"Content-Length: 3_0\r\n"),
    "empty length": post(b"Content-Length:\r\n"),
    "huge length": post(b"Content-Length: 99999999999999999999\r\n"),
    "another coding": post(b"Transfer-Encoding: gzip\r\n"),
    "another coding below chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"),
    "the same in two headers": post(b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunked is not last": post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
    "coding that looks like chunked": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "coding in 1.0": post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "huge chunk": post(b"Transfer-Encoding: chunked\r\n", b"fffffffffffffffffffff\r\nabc"),
    "chunk size with a sign": post(b"Transfer-Encoding: chunked\r\n", b"+3\r\nabc\r\n0\r\n\r\n"),
    "chunk size with 0x": post(b"Transfer-Encoding: chunked\r\n", b"0x3\r\nabc\r\n0\r\n\r\n"),
    "no chunk size": post(b"Transfer-Encoding: chunked\r\n", b"\r\nabc\r\n0\r\n\r\n"),
    "chunk longer than it says": post(b"Transfer-Encoding: chunked\r\n", b"2\r\nabc\r\n0\r\n\r\n"),
    "line feed after a chunk size": post(b"Transfer-Encoding: chunked\r\n", b"3\nabc\r\n0\r\n\r\n"),
}
STRICTER = {  # h11 leaves Host, the form of a target and the version to its caller, and repairs some white space
    *(name for name in INVALID if name.startswith(("host ", "fragment", "asterisk", "URL", "version "))),
    *("authority of GET", "relative path", "only a query", "path of CONNECT", "bare line feeds", "one bare line feed"),
    *("folded header", "folded header, unknown method", "method of 33 characters"),
    *("coding in 1.0", "length and coding", "coding and length"),
} - {"version in small letters"}


def valid_for_h11(data):
    """Whether h11 reads the bytes as one request."""
    judge = h11.Connection(h11.SERVER)
    judge.receive_data(data.lstrip(b"\r\n"))
    try:
        while type(event := judge.next_event()) not in (h11.EndOfMessage, h11.ConnectionClosed):
            if event in (h11.NEED_DATA, h11.PAUSED):
                return False
    except h11.RemoteProtocolError:
        return False
    return True


@pytest.mark.parametrize("name", VALID)
def test_a_valid_head_is_a_request(wire, name):
    wire.sendall(VALID[name])
    [(status, _)] = answers(wire)
    assert status in (200, 403)


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_head_is_a_bad_request_and_the_connection_ends(wire, name):
    wire.sendall(INVALID[name] + get(b"/Prod/echo/smuggled"))
    everything = whole(wire)
    assert everything.startswith(b"HTTP/1.1 400 ")
    assert b"smuggled" not in everything
    assert everything.count(b"HTTP/1.1 ") == 1


def test_another_implementation_agrees_about_valid_heads():
    assert [name for name, data in VALID.items() if not valid_for_h11(data)] == []


def test_another_implementation_agrees_about_invalid_heads():
    assert {name for name, data in INVALID.items() if valid_for_h11(data)} == STRICTER


def test_the_console_gets_the_reason_for_a_bad_request(api, wire):
    wire.sendall(get(headers=b""))
    whole(wire)
    assert api.seen[-1][2].refusal.reason == "not HTTP: the request has no Host header, which HTTP/1.1 requires"


def test_white_space_around_a_value_is_not_part_of_it(wire):
    wire.sendall(get(headers=b"Host:\tx \r\nX-A: \t b c\t \r\nContent-Type:\tapplication/json \r\n"))
    [(_, body)] = answers(wire)
    headers = body["event"]["headers"]
    assert (headers["X-A"], headers["Content-Type"], headers["Host"]) == ("b c", "application/json", "x")


def test_white_space_after_close_is_not_part_of_it(wire):
    wire.sendall(b"GET /Prod/echo HTTP/1.1\r\nHost: x\r\nConnection:\tclose \t\r\n\r\n")
    assert len(answers(wire)) == 1


@pytest.mark.parametrize("target", [b"HTTP://Other:81/Prod/echo?a=1", b"https://Other:81/Prod/echo?a=1"])
def test_the_host_of_a_whole_url_replaces_host(wire, target):
    wire.sendall(get(target))
    [(_, body)] = answers(wire)
    assert body["event"]["headers"]["Host"] == "Other:81"
    assert (body["event"]["path"], body["event"]["queryStringParameters"]) == ("/echo", {"a": "1"})


def test_the_query_of_a_url_without_a_path_belongs_to_the_root(api, wire):
    wire.sendall(get(b"http://x?a=1"))
    answers(wire)
    assert (api.seen[-1][0].full_path, api.seen[-1][0].query) == ("/", {"a": ["1"]})


def test_a_later_minor_version_is_answered_as_1_1(wire):
    wire.sendall(b"GET /Prod/echo HTTP/1.2\r\nHost: x\r\n\r\n" + get())
    (first, body), (second, _) = answers(wire)
    assert (first, second) == (200, 200)
    assert body["event"]["requestContext"]["protocol"] == "HTTP/1.1"


def test_a_request_of_an_unknown_method_is_one_in_whatever_packets_it_comes(api, wire):
    before = len(api.seen)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in get(method=b"FOO"):
        wire.send(bytes([byte]))
    [(status, _)] = answers(wire)
    assert (status, api.seen[before][0].request.method) == (200, "FOO")


def test_a_request_before_an_unknown_method_in_one_packet_is_answered_once(api, wire):
    before = len(api.seen)
    wire.sendall(b"DELETE /Prod/echo HTTP/1.1\r\nHost: x\r\n\r\n" + get(method=b"FOO"))
    answers(wire)
    assert [exchange.request.method for exchange, _, _ in api.seen[before:]] == ["DELETE", "FOO"]


def test_a_connection_goes_on_after_an_unknown_method(wire):
    wire.sendall(b"FOO /Prod/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get())
    assert [status for status, _ in answers(wire)] == [200, 200]


EXPECTING = b"POST /Prod/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect:\t100-Continue \r\n\r\n"


def slow():
    """A request that takes a moment."""
    body = json.dumps({"sleep": 0.2, "answer": {"statusCode": 201}}).encode()
    return b"POST /Prod/answer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_expect_with_white_space_is_told_to_go_on(wire):
    wire.sendall(EXPECTING)
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        EXPECTING.replace(b"HTTP/1.1", b"HTTP/1.0") + b"{}",
        EXPECTING.replace(b"Content-Length: 2", b"Content-Length: 0"),
        EXPECTING.replace(b"Content-Length: 2\r\n", b""),
        EXPECTING.replace(b"100-Continue", b"something-else") + b"{}",
    ],
    ids=["HTTP/1.0", "empty body", "no body", "unknown expectation"],
)
def test_nobody_is_told_to_go_on_without_need(wire, data):
    wire.sendall(data)
    assert answer(wire)[0] == 200


def test_going_on_is_told_after_the_responses_before(wire):
    wire.sendall(slow() + EXPECTING)
    assert wire.recv(13) == b"HTTP/1.1 201 "
    everything = b""
    while b"100 Continue\r\n\r\n" not in everything:
        everything += wire.recv(65536)
    assert everything.endswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    wire.sendall(b"{}")
    assert answer(wire)[0] == 200


def test_a_body_that_arrives_before_it_is_asked_for_is_not_asked_for(wire):
    wire.sendall(slow() + EXPECTING + b"{}" + get())
    assert [status for status, _ in answers(wire)] == [201, 200, 200]

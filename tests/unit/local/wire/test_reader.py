"""Requests from bytes: what they are does not depend on the packets."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from local.wire.bodies import Bodies, Intake
from local.wire.reader import MAX_HEAD, Reader
from tests.local.test_heads import INVALID, VALID

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
FOREIGN = b"FOO /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n\r\n"
CHUNKED = b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"4\r\n\r\n\r\n\r\n2;a=b\r\n\r\n\r\n0\r\nX: y\r\n\r\n"
OFFER = b"FLUSH /d HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
SERIES = {
    "an unknown method after another request": GET + FOREIGN,
    "an unknown method after a chunked body": CHUNKED + CHUNKS + FOREIGN + GET,
    "an unknown method after a body that looks like a head": GET[:-2] + b"Content-Length: 4\r\n\r\n\r\n\r\n" + FOREIGN,
    "an unknown method that offers another protocol": OFFER + GET,
    "empty lines between requests": GET + b"\r\n\r\n\r\n" + FOREIGN + b"\r\n" + GET,
}
STREAMS = {**VALID, **INVALID, **SERIES}


class Receiver:
    """Keeps the requests."""

    client = "127.0.0.1"

    def __init__(self):
        self.got = []

    def receive(self, request, keep, share):
        self.got.append((request.method, request.target, request.headers, request.body, request.head_size, keep,
                         bool(request.malformed)))  # fmt: skip

    def invite(self):
        self.got.append("100")


def reader():
    receiver = Receiver()
    return Reader(receiver, Intake(Bodies(), lambda: None)), receiver.got


def read(*packets):
    """What a reader makes of the packets."""
    reading, got = reader()
    for packet in packets:
        reading.read(packet)
    return got


@pytest.mark.parametrize("name", STREAMS)
def test_a_byte_in_each_packet_makes_the_same_requests_as_one_packet(name):
    data = STREAMS[name]
    assert read(*(data[at : at + 1] for at in range(len(data)))) == read(data)


@pytest.mark.parametrize("name", STREAMS)
def test_two_packets_make_the_same_requests_as_one(name):
    data = STREAMS[name]
    whole = read(data)
    assert [at for at in range(1, len(data)) if read(data[:at], data[at:]) != whole] == []


def test_random_packets_of_random_messages_make_the_same_requests():
    choose = random.Random(1)
    messages = [GET, FOREIGN, CHUNKED + CHUNKS, OFFER]
    for _ in range(300):
        data = b"".join(choose.choices(messages, k=6))
        cuts = sorted(choose.choices(range(len(data)), k=choose.randrange(1, 12)))
        packets = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        assert read(*packets) == read(data)
        assert len(read(data)) == 6


@pytest.mark.parametrize(
    "method", ["FOO", "QUERY", "DESCRIBE", "FLUSH", "PLAY", "SOURCE", "PRI", "get", "GETX", "X" * 32]
)
def test_a_request_of_any_method_is_read_with_its_body(method):
    [(name, target, _, body, _, keep, malformed)] = read(FOREIGN.replace(b"FOO", method.encode()))
    assert (name, target, body, keep, malformed) == (method, "/b", b"\r\n", True, False)


ENDLESS = {
    "request line": (b"GET /", b"x"),
    "empty target": (b"GET ", b" "),
    "header": (b"GET / HTTP/1.1\r\nX-A: ", b"y"),
    "white space of a header": (b"GET / HTTP/1.1\r\nX-A:", b" "),
    "header name": (b"GET / HTTP/1.1\r\n", b"y"),
    "chunk extension": (CHUNKED + b"1;", b"a"),
    "chunk size": (CHUNKED, b"0"),
    "trailer": (CHUNKED + b"0\r\nX-A: ", b"y"),
    "trailers": (CHUNKED + b"0\r\n", b"X-A: y\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_part_without_an_end_is_refused_before_it_fills_the_memory(name):
    beginning, more = ENDLESS[name]
    reading, got = reader()
    reading.read(beginning)
    packet = more * (16384 // len(more))
    tracemalloc.start()
    for _ in range(4 * MAX_HEAD // len(packet)):
        reading.read(packet)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [malformed for *_, malformed in got] == [True]
    assert peak < 4 * MAX_HEAD


def test_a_body_in_tiny_chunks_takes_no_more_memory_than_in_large_ones():
    reading, _ = reader()
    reading.read(CHUNKED)
    packet = b"2\r\nab\r\n" * 2000
    tracemalloc.start()
    for _ in range(500):
        reading.read(packet)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reading.body.size == 2_000_000
    assert peak < 6_000_000

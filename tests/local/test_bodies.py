"""Large bodies: their memory is bounded while they are under way, none is kept, and small requests do not wait."""

from __future__ import annotations

import contextlib
import gc
import http.client
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from local.wire import bodies
from tests.local.gateway_api import LocalApi

pytestmark = pytest.mark.local_only
MB = 1024 * 1024
JSON = b'{"name": "' + b"x" * (4 * MB) + b'"}'
TEXT = b'{"statusCode": 200, "text": "' + b"x" * (4 * MB) + b'"}'


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """What a circle of references keeps, stays."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def held() -> int:
    """Bytes in use that were allocated since tracing began."""
    return tracemalloc.get_traced_memory()[0]


def settles(condition: Callable[[], bool]) -> bool:
    """Whether it holds within ten seconds: threads end their work after the response."""
    last = time.monotonic() + 10
    while not condition() and time.monotonic() < last:
        time.sleep(0.01)
    return condition()


def head(api: LocalApi, path: str, size: int) -> bytes:
    lines = [
        f"POST {api.prefix}{path} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {size}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@contextlib.contextmanager
def stalled(api: LocalApi, number: int) -> Iterator[list[socket.socket]]:
    """Clients that have sent 1 MB of a body of 10 MB."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection((api.host, api.port), 20)) for _ in range(number)]
        for client in clients:
            client.sendall(head(api, "/echo", 10 * MB) + b"x" * MB)
        yield clients


@pytest.mark.parametrize(
    ("name", "path", "content_type", "body", "status"),
    [
        ("proxy", "/answer", "application/json", b"x" * (8 * MB), 413),
        ("proxy", "/answer", "application/json", JSON, 502),
        ("proxy", "/answer", "application/json", b'{"answer": {"statusCode": 200}, "more":' + JSON + b"}", 200),
        ("proxy", "/nowhere", "application/json", JSON, 403),
        ("binary", "/nowhere", "application/json", b"x" * (5 * MB), 403),
        ("validators", "/pets", "application/json", JSON, 400),
        ("validators", "/pets", "text/csv", JSON, 200),
        ("validators", "/pets", "text/plain", TEXT, 200),
    ],
)
def test_nothing_of_a_large_body_is_kept_after_its_response(local_api, name, path, content_type, body, status):
    """Neither by a connection that stays open, nor by an idle environment, nor in a circle of references."""
    api = local_api(name)
    connection = http.client.HTTPConnection(api.host, api.port, timeout=20)

    def send() -> int:
        connection.request("POST", api.prefix + path, body, {"Content-Type": content_type})
        response = connection.getresponse()
        response.read()
        api.seen.clear()
        return int(response.status)

    send()
    with without_collector(), traced():
        assert {send() for _ in range(3)} == {status}
        assert settles(lambda: held() < MB), f"{held():,} bytes are still in use"
    connection.close()


def test_the_bodies_under_way_take_no_more_than_their_room(local_api):
    api = local_api("proxy")
    with traced(), stalled(api, 16) as clients:
        for client in clients:
            client.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                client.sendall(b"x" * (8 * MB))
        assert held() < bodies.ROOM
        assert settles(lambda: len(api.server.shared.bodies.waiting) == 12)


def test_a_small_request_does_not_wait_for_room(local_api):
    api = local_api("proxy")
    with stalled(api, 8):
        assert settles(lambda: bool(api.server.shared.bodies.waiting))
        assert api.get("/echo").status == 200
        assert api.send("POST", "/echo", body=b"x" * bodies.SMALL).status == 200


def test_a_large_body_is_read_when_others_make_room(local_api):
    api = local_api("proxy")
    with stalled(api, 5) as clients:
        assert settles(lambda: len(api.server.shared.bodies.waiting) == 1)
        for client in clients[:4]:
            client.sendall(b"x" * (9 * MB))
            assert client.recv(12) == b"HTTP/1.1 413"
        clients[4].sendall(b"x" * (9 * MB))
        assert clients[4].recv(12) == b"HTTP/1.1 413"
    assert settles(lambda: api.server.shared.bodies.free == bodies.ROOM)


def test_a_client_that_goes_away_makes_room(local_api):
    api = local_api("proxy")
    with stalled(api, 8):
        assert settles(lambda: len(api.server.shared.bodies.waiting) == 4)
    assert settles(lambda: api.server.shared.bodies.free == bodies.ROOM and not api.server.shared.bodies.waiting)


def test_a_body_that_has_arrived_before_it_has_to_wait_is_answered(local_api):
    """It comes in one piece with the request after it, whose client must be heard too."""
    api = local_api("proxy")
    with stalled(api, 5), socket.create_connection((api.host, api.port), 20) as client:
        assert settles(lambda: bool(api.server.shared.bodies.waiting))
        size = bodies.SMALL + 1
        for _ in range(2):
            client.sendall(head(api, "/nowhere", size) + b"x" * size)
            response = http.client.HTTPResponse(client)
            response.begin()
            response.read()
            assert response.status == 403


def test_a_client_that_waits_for_room_is_not_taken_for_idle(local_api, monkeypatch):
    monkeypatch.setattr("local.wire.server.SWEEP_SECONDS", 0.05)
    api = local_api("proxy")
    with stalled(api, 5):
        assert settles(lambda: bool(api.server.shared.bodies.waiting))
        monkeypatch.setattr("local.wire.server.IDLE_SECONDS", 0.2)
        assert settles(lambda: len(api.server.shared.connections) == 1), "the four whose clients are silent are closed"
        assert settles(lambda: not api.server.shared.bodies.waiting), "the fifth has its turn"


def test_what_is_passed_through_to_a_mock_is_no_template(local_api):
    """ "Method request behavior for payloads without mapping templates": the body passes through unchanged."""
    api = local_api("validators")
    text = [("Content-Type", "text/plain")]
    assert api.send("POST", "/pets", text, '{"statusCode": 200, "a": "#if("}').status == 200
    assert api.send("POST", "/pets", text, '{"statusCode": #if(true)200#end}').status == 500

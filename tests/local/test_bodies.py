"""Large bodies: their memory is bounded while they are under way, none is kept, and small requests do not wait."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import gc
import http.client
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from local.wire import bodies
from tests.local.gateway_api import LocalApi
from tests.local.large import JSON, MB, TEXT, head, settles

pytestmark = pytest.mark.local_only


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


class Mallinfo2(ctypes.Structure):
    """glibc's account of all memory that malloc manages; of its fields, only the one that counts free bytes is used."""

    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")] + [
        (name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    ]


def free_and_kept(mallinfo2: Any) -> int:
    """Bytes that nothing uses and that the system does not have back."""
    mallinfo2.restype = Mallinfo2
    return int(mallinfo2().fordblks)


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


def test_the_memory_of_threads_keeps_no_room_for_large_bodies(local_api):
    """glibc's own thresholds let each keep 8 MB after a body of 4 MB, and nothing returns it later: 48 MB in all.

    The 16 MB that four bodies arrive in are counted as free even where the system has their pages back.
    """
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is None:
        pytest.skip("the C library is not glibc")
    api = local_api("proxy")
    before = free_and_kept(mallinfo2)
    body = b'{"answer": {"statusCode": 200}, "more":' + JSON + b"}"
    with concurrent.futures.ThreadPoolExecutor(4) as clients:
        sent = [clients.submit(api.send, "POST", "/answer", (), body) for _ in range(24)]
    assert {response.result().status for response in sent} == {200}
    assert settles(lambda: free_and_kept(mallinfo2) - before < 20 * MB), f"{free_and_kept(mallinfo2) - before:,}"


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


def test_requests_that_wait_for_the_one_before_them_stay_with_the_client(local_api):
    api, size = local_api("proxy"), 100_000
    slow = b'{"sleep": 1, "answer": {"statusCode": 200}}'
    many = (head(api, "/nowhere", size) + b"x" * size) * 5
    with traced(), socket.create_connection((api.host, api.port), 20) as client:
        client.sendall(head(api, "/answer", len(slow)) + slow)
        sender = threading.Thread(target=lambda: [client.sendall(many) for _ in range(100)])
        sender.start()
        assert client.recv(12) == b"HTTP/1.1 200"
        assert tracemalloc.get_traced_memory()[1] < 10 * MB
        received = client.recv(65536)
        while received.count(b"HTTP/1.1 403") < 500:
            received += client.recv(65536)
        sender.join()


def test_a_server_that_stops_lets_a_client_send_what_it_is_sending(local_api):
    """The client then reads the response to its first request; a reset of the connection would be all that it sees."""
    api, size = local_api("proxy"), 100_000
    slow = b'{"sleep": 0.1, "answer": {"statusCode": 200}}'
    with socket.create_connection((api.host, api.port), 20) as client:
        client.sendall(head(api, "/answer", len(slow)) + slow)
        client.sendall((head(api, "/nowhere", size) + b"x" * size) * 20)
        assert settles(lambda: any(not it.transport.is_reading() for it in api.server.shared.connections))
        api.loop.call_soon_threadsafe(api.done.set)
        client.sendall((head(api, "/nowhere", size) + b"x" * size) * 100)
        assert client.recv(12) == b"HTTP/1.1 200"

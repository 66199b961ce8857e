"""What becomes of a message at each connection, by the real client of API Gateway's management API."""

from __future__ import annotations

import threading
import time
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from adapters import sockets as right
from adapters.clients import client
from tests.support.server import ROOT

pytestmark = pytest.mark.slow

STATUSES = {"gone": 410, "throttled": 429, "forbidden": 403, "broken": 500}
PATIENCE = 1.9  # for connections that are not slow; less than READ_TIMEOUT
READ_TIMEOUT = 2.0  # of the client


class Server(ThreadingHTTPServer):
    """A server that takes as many connections at once as the adapter opens: one more would wait for a second."""

    daemon_threads = True
    request_queue_size = 4 * right.AT_ONCE


class Management:
    """A management API. What a connection does is in its id. `taken` has the others, each with the time it took."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}
        self.tries: dict[str, int] = {}
        self.over = threading.Event()
        began, management = time.monotonic(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_DELETE(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = self.path.rpartition("/")[2]
                kind = connection.partition("-")[0]
                management.tries[connection] = management.tries.get(connection, 0) + 1
                if kind == "slow":
                    management.over.wait(10)
                elif kind == "reset":
                    self.close_connection = True
                    return
                elif kind not in STATUSES:
                    management.taken[connection] = time.monotonic() - began
                self.send_response(STATUSES.get(kind, 200))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/live"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def sockets(self, version: Any = right, attempts: int = 1) -> Any:
        """The adapter under test."""
        made = client("apigatewaymanagementapi", attempts, url=self.url, connections=version.AT_ONCE)
        return version.Sockets(made)

    def stop(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def management(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    running = Management()
    yield running
    running.stop()


def only_410_is_gone(management, version=right):
    sent = management.sockets(version).send(["gone", "throttled", "forbidden", "broken", "reset", "well"], "{}")
    assert sent == (["gone"], ["throttled", "forbidden", "broken", "reset"])
    assert list(management.taken) == ["well"]


def a_slow_connection_delays_no_other(management, version=right):
    well = [f"well-{number}" for number in range(100)]
    began = time.monotonic()
    assert management.sockets(version).send(["slow", *well], "{}") == ([], ["slow"])
    assert set(management.taken) == set(well)
    assert max(management.taken.values()) < PATIENCE
    assert time.monotonic() - began < READ_TIMEOUT + PATIENCE


def a_passing_failure_is_tried_again(management, version=right):
    management.sockets(version, attempts=2).send(["throttled", "broken", "gone"], "{}")
    assert management.tries == {"throttled": 2, "broken": 2, "gone": 1}


def what_is_gone_has_ended(management, version=right):
    found = management.sockets(version).end(["gone", "throttled", "forbidden", "broken", "reset", "well"])
    assert found == ["throttled", "forbidden", "broken", "reset"]
    assert list(management.taken) == ["well"]


PROMISES = [
    what_is_gone_has_ended,
    only_410_is_gone,
    a_slow_connection_delays_no_other,
    a_passing_failure_is_tried_again,
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda it: it.__name__)
def test_a_push_keeps_its_promises(management, promise):
    promise(management)


def test_each_message_under_way_has_a_connection_and_a_second_try(management):
    made = right.sockets_at(management.url)
    assert made._client.meta.config.max_pool_connections == right.AT_ONCE
    assert made.send(["throttled"], "{}") == ([], ["throttled"])
    assert management.tries == {"throttled": 2}


def test_nobody_to_send_to_is_no_request(management):
    assert management.sockets().send([], "{}") == ([], [])
    assert management.sockets().end([]) == []


WRONG = {
    "one at a time": ("AT_ONCE = 32", "AT_ONCE = 1", a_slow_connection_delays_no_other),
    "a timeout ends the push": (
        "except BotoCoreError:",
        "except ConnectionError:",
        a_slow_connection_delays_no_other,
    ),
    "every refusal counts as gone": ('["HTTPStatusCode"] == GONE', '["HTTPStatusCode"] >= 400', only_410_is_gone),
    "what is throttled counts as gone": ("== GONE else", "in (GONE, 429) else", only_410_is_gone),
    "what is gone comes again": ("GONE = 410", "GONE = 411", only_410_is_gone),
    "what failed counts as taken": ("return REFUSED", "return TAKEN", only_410_is_gone),
    "what is gone is still open": (
        "for each, result in ended if result == REFUSED]\n\n\ndef",
        "for each, result in ended if result != TAKEN]\n\n\ndef",
        what_is_gone_has_ended,
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_version_is_caught(management, fault):
    old, new, promise = WRONG[fault]
    text = (ROOT / "src" / "adapters" / "sockets.py").read_text()
    assert text.count(old) == 1
    version = types.ModuleType("wrong")
    exec(text.replace(old, new), version.__dict__)
    with pytest.raises((AssertionError, BotoCoreError)):
        promise(management, version)

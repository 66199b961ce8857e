"""What wrk sends for each kind of load."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from benchmarks.local_server import load

IDS = ["id-1", "id-2", "id-3"]
pytestmark = pytest.mark.skipif(not load.available(), reason="wrk is not installed")


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
    """A server that accepts everything: its URL, and the requests that it got."""
    got: list[tuple[str, str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got.append((self.command, self.path, json.loads(body) if body else None))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/stage", got
        listening.shutdown()


@pytest.mark.parametrize(
    ("kind", "method", "path"),
    [
        ("get", "GET", "/stage/users/id-"),
        ("list", "GET", "/stage/users?limit=25"),
        ("update", "PUT", "/stage/users/id-"),
    ],
)
def test_each_kind_asks_for_its_route(server, kind, method, path):
    url, got = server
    figures = load.loaded(url, kind, 1, 1, IDS)
    assert figures["sent"] > 0 == figures["not_2xx"]
    assert all(made == method and where.startswith(path) for made, where, _ in got)


def test_each_create_has_an_email_of_its_own(server):
    url, got = server
    load.loaded(url, "post", 1, 1, IDS)
    emails = [body["email"] for method, path, body in got if (method, path) == ("POST", "/stage/users")]
    assert len(emails) == len(got) == len(set(emails))


def test_the_mix_is_mostly_reads(server):
    url, got = server
    load.loaded(url, "mixed", 1, 1, IDS)
    kinds = Counter((method, "?" in path) for method, path, _ in got)
    rounds = len(got) / 20
    for kind, share in {("GET", False): 16, ("GET", True): 2, ("POST", False): 1, ("PUT", False): 1}.items():
        assert kinds[kind] == pytest.approx(share * rounds, abs=4)

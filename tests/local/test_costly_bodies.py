"""Bodies that take long to parse, validate or map: small requests do not wait, and every one gets its response."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.local.gateway_api import LocalApi
from tests.local.large import JSON, MB, head, settles

pytestmark = [pytest.mark.slow, pytest.mark.local_only]


def test_what_is_passed_through_to_a_mock_is_no_template(local_api):
    """ "Method request behavior for payloads without mapping templates": the body passes through unchanged."""
    api = local_api("validators")
    text = [("Content-Type", "text/plain")]
    assert api.send("POST", "/pets", text, '{"statusCode": 200, "a": "#if("}').status == 200
    assert api.send("POST", "/pets", text, '{"statusCode": #if(true)200#end}').status == 500


def deep(levels: int) -> bytes:
    return b'{"name": ' + b"[" * levels + b"]" * levels + b"}"


ELEMENTS = b'{"name": "Tom", "kind": "cat", "tags": [' + b"1," * 600_000 + b"1]}"
MANY = b'{"name": "Tom", "kind": "cat", "tags": [' + b'"x",' * 400_000 + b'"x"]}'
INVALID = {
    "many errors": MANY,
    "one long string": JSON,
    "deep": deep(100_000),
    "small and deep": deep(2_000),
    "no JSON": b"[" * MB,
}


@contextlib.contextmanager
def paused(api: LocalApi) -> Iterator[None]:
    """The process that works on a large body stands still meanwhile."""
    assert settles(lambda: bool(api.gateway.workers.processes))
    (process,) = api.gateway.workers.processes
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("body", [MANY, ELEMENTS], ids=["invalid", "valid"])
def test_a_small_request_is_answered_while_a_large_body_is_validated(local_api, body):
    api = local_api("validators")
    with socket.create_connection((api.host, api.port), 60) as client:
        client.sendall(head(api, "/pets", len(body)) + body)
        with paused(api):
            assert api.get("/pets/7?size=1", [("X-Tenant", "a")]).status == 200
            assert [seen.request.method for seen, _, _ in api.seen] == ["GET"]
        assert client.recv(12) == (b"HTTP/1.1 200" if body is ELEMENTS else b"HTTP/1.1 400")


@contextlib.contextmanager
def calls_of_the_loop(api: LocalApi) -> Iterator[list[str]]:
    """The modules of the Python functions that the event loop calls meanwhile, one for each call."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.append(frame.f_globals.get("__name__", ""))

    api.loop.call_soon_threadsafe(sys.setprofile, note)
    try:
        yield called
    finally:
        api.loop.call_soon_threadsafe(sys.setprofile, None)


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
@pytest.mark.parametrize(("size", "parsed"), [(1_000, True), (40_000, False), (4 * MB, False)])
def test_the_event_loop_parses_no_large_body(local_api, media_type, size, parsed):
    """Neither to validate it nor for the template of a mock; a small one it does."""
    api = local_api("validators")
    body = b'{"statusCode": 200, "kind": "cat", "name": "' + b"x" * size + b'"}'
    with calls_of_the_loop(api) as called:
        api.send("POST", "/pets", [("Content-Type", media_type)], body)
    assert "local.gateway.rest_api" in called
    assert bool({"json.decoder", "jsonschema.validators"} & set(called)) == parsed


@pytest.mark.parametrize(("elements", "compared"), [(20, True), (1_000, False)])
def test_the_event_loop_does_not_compare_many_elements(local_api, elements, compared):
    """For `uniqueItems` each is compared to each: 30 KB take seconds."""
    api = local_api("validators")
    marks = [{"mark": number} for number in range(elements)]
    with calls_of_the_loop(api) as called:
        assert api.post("/pets", {"name": "Tom", "kind": "cat", "marks": marks}).status == 200
    assert ("jsonschema._utils" in called) == compared


@pytest.mark.parametrize("body", INVALID.values(), ids=INVALID)
def test_a_costly_body_that_does_not_fit_its_model_is_refused(local_api, body):
    assert local_api("validators").send("POST", "/pets", [("Content-Type", "application/json")], body).status == 400


def test_a_large_body_gets_the_errors_of_a_small_one(local_api):
    """Ten at most, each short: a value of 4 MB is not sent back ten times."""
    api = local_api("validators")
    type_of = [("Content-Type", "application/json")]
    small = api.send("POST", "/pets", type_of, b'{"name": 1, "kind": "cat"}')
    padded = api.send("POST", "/pets", type_of, b'{"name": 1, "kind": "cat"' + b" " * MB + b"}")
    assert (padded.status, padded.body) == (small.status, small.body)
    assert len(api.send("POST", "/pets", type_of, JSON).body) < 2000


@pytest.mark.parametrize("size", [0, MB], ids=["small", "large"])
def test_a_mock_answers_a_large_body_like_a_small_one(local_api, size):
    api = local_api("validators")
    text = [("Content-Type", "text/plain")]
    assert api.send("POST", "/pets", text, b'{"statusCode": 200' + b" " * size + b"}").status == 200
    assert api.send("POST", "/pets", text, b'{"statusCode": "x"' + b" " * size + b"}").status == 500
    assert api.send("POST", "/pets", text, b"[" * (size or 1)).status == 500

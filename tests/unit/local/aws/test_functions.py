"""The link over which the emulated AWS has functions invoked, when its other end behaves badly."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from local.aws.functions import AT_ONCE, GONE, MOST_AT_ONCE, PAUSE_SECONDS, Host, limited

FUNCTION = {"config": {"FunctionName": "f"}}


@pytest.fixture
def link():
    ours, theirs = socket.socketpair()
    yield Host(ours, after_each=lambda: None), theirs
    theirs.close()
    ours.close()


def asked(host, event):
    """Invoke in a thread; what comes of it, once that is known."""
    found = []
    target = lambda: found.append(host.execute(FUNCTION, event, "", f"id-{event}"))  # noqa: E731
    thread = threading.Thread(target=target, daemon=True)
    thread.start()

    def result():
        thread.join(5)
        assert found, "nobody answered"
        return found[0]

    return result


def lines(theirs, count):
    """So many calls, as they arrive."""
    stream = theirs.makefile("rb")
    return [json.loads(stream.readline()) for _ in range(count)]


def test_answers_find_who_asked_in_any_order(link):
    host, theirs = link
    results = {event: asked(host, event) for event in ("a", "b", "c")}
    for call in reversed(lines(theirs, 3)):
        assert (call["function"], call["requestId"]) == ("f", f"id-{call['event']}")
        theirs.sendall(json.dumps({"id": call["id"], "answer": call["event"] * 2}).encode() + b"\n")
    assert {event: result()["body"] for event, result in results.items()} == {"a": "aa", "b": "bb", "c": "cc"}


def test_an_error_is_unhandled(link):
    host, theirs = link
    result = asked(host, "a")
    [call] = lines(theirs, 1)
    theirs.sendall(json.dumps({"id": call["id"], "error": {"errorType": "E"}}).encode() + b"\n")
    assert result().items() >= {"error": True, "function_error": "Unhandled", "body": {"errorType": "E"}}.items()


@pytest.mark.parametrize("last_words", [b"", b'{"id": 0, "ans', b"what?\n"])
def test_an_end_that_goes_away_fails_what_is_under_way_and_what_follows(link, last_words):
    host, theirs = link
    result = asked(host, "a")
    lines(theirs, 1)
    theirs.sendall(last_words)
    theirs.shutdown(socket.SHUT_RDWR)
    assert result()["body"] == GONE["error"]
    assert asked(host, "b")()["body"] == GONE["error"]


@pytest.mark.parametrize(
    ("own", "theirs", "limit"),
    [(None, 5, AT_ONCE), (None, 1, 1), (3, 3, 3), (50, 50, MOST_AT_ONCE), (50, 0, 0)],
)
def test_few_batches_of_a_queue_are_under_way_at_once(own, theirs, limit):
    mapping = {"ScalingConfig": {"MaximumConcurrency": own}} if own else {}
    assert limited(lambda *_: theirs)(mapping, {}, {}, None) == limit


class LambdaService:
    """ministack's Lambda service, as far as the host sets it up."""

    pause = 0.05

    def pause_by(self, seconds: float) -> None:
        self.pause = seconds

    def run_by(self, _execute: object) -> None:
        """Who runs functions."""

    def limit_by(self, _limit: object) -> None:
        """How many batches are under way."""

    def poll_by(self, *_polls: object) -> None:
        """How streams are polled."""

    batches_at_once = mappings = poll_kinesis = poll_dynamodb = None


def test_the_poller_pauses_shortly_after_a_write_that_no_queue_has_felt_yet(link):
    host, _ = link
    service = LambdaService()
    host.install(service)
    assert service.pause == PAUSE_SECONDS <= 0.01

"""How often a request is sent: as often as it does no harm, and not sooner than the server says."""

from __future__ import annotations

import time

import pytest

from tests.cli.conftest import Run
from tests.cli.stand_in import Reply, StandIn, problem
from users_cli import waits

BUSY = problem(503, "unavailable", **{"Retry-After": "0"})
THROTTLED = problem(429, "too_many_requests", **{"Retry-After": "0"})
BROKEN: Reply = (0, {}, {})
CREATE = ["create", "--name", "A", "--email", "a@example.com", "--idempotency-key", "k"]
UPDATE = ["update", "1", "--name", "A", "--if-match", "1"]


@pytest.mark.parametrize(
    ("command", "first", "status", "seen"),
    [
        (CREATE, THROTTLED, 0, ["POST", "POST"]),
        (CREATE, BUSY, 0, ["POST", "POST"]),
        (CREATE, BROKEN, 0, ["POST", "POST"]),
        (CREATE, problem(409, "request_in_progress", **{"Retry-After": "0"}), 0, ["POST", "POST"]),
        (CREATE, problem(409, "email_in_use"), 4, ["POST"]),
        (CREATE, problem(500, "internal_error"), 6, ["POST"]),
        (UPDATE, THROTTLED, 0, ["PATCH", "PATCH"]),
        # the write may have happened: another attempt would say that somebody else has changed the user
        (UPDATE, BUSY, 6, ["PATCH"]),
        (UPDATE, BROKEN, 6, ["PATCH"]),
        (["delete", "1", "--yes"], BUSY, 6, ["DELETE"]),
        (["get", "1"], BUSY, 0, ["GET", "GET"]),
        (["get", "1"], BROKEN, 0, ["GET", "GET"]),
        # a quota that ends tomorrow
        (["get", "1"], problem(429, "too_many_requests", **{"Retry-After": "3600"}), 6, ["GET"]),
        (["get", "1"], (502, {}, {"message": "Bad Gateway"}), 0, ["GET", "GET"]),
    ],
)
def test_a_request_is_repeated_where_that_does_no_harm(run: Run, monkeypatch, command, first, status, seen) -> None:
    with StandIn(lambda method, number: first if number == 1 else None) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        assert run(*command).status == status
        assert api.seen == seen


def test_the_attempts_are_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(lambda method, number: BUSY) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        ended = run("get", "1")
        assert (ended.status, len(api.seen)) == (6, 3)
        assert ended.err == "users: unavailable: unavailable.\n"


def test_a_server_that_asks_for_patience_holds_all_requests_back() -> None:
    gate = waits.Gate()
    started = time.monotonic()
    gate.hold(0.2)
    gate.hold(0.01)
    gate.wait()
    assert time.monotonic() - started >= 0.2


def test_waits_grow_and_end() -> None:
    assert all(0 <= waits.backoff(attempt) <= waits.MOST_SECONDS for attempt in range(100))
    assert waits.asked("7") == 7.0
    assert waits.asked(None) is waits.asked("Fri, 27 Nov 2026 10:00:00 GMT") is None


@pytest.mark.parametrize("value", ["schlüssel", "a\nb"])
def test_a_header_that_cannot_be_sent_is_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with StandIn() as api:
        monkeypatch.setenv("USERS_URL", api.url)
        assert run(*CREATE[:-1], value).status == 2
        monkeypatch.setenv("USERS_API_KEY", value)
        assert run("list").status == 2
        assert api.seen == []


def test_a_page_of_somebody_else_is_not_taken_for_the_api(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(lambda method, number: (200, {}, ["<html>"])) as api:  # type: ignore[arg-type, return-value]
        monkeypatch.setenv("USERS_URL", api.url)
        ended = run("get", "1")
        assert (ended.status, "it is not the API" in ended.err) == (1, True)


def test_what_is_not_the_api_is_said_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(lambda method, number: (403, {}, {})) as api:
        monkeypatch.setenv("USERS_URL", api.url)
        ended = run("get", "1")
        assert ended.status == 1
        assert ended.err == "users: The response has the status 403 and is not one of the API.\n"

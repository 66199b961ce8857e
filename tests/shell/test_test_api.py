"""test-api.sh: passes on the API, fails on every lie, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support import liar
from tests.support.forwarder import Answer
from tests.support.liar import Liar, header, member, status, tell, told, without, without_header
from tests.support.server import ROOT, Server

pytestmark = pytest.mark.needs("curl")
SCRIPT = ROOT / "test-api.sh"
SOMEBODY = "9d2f6a1e-1111-4111-8111-111111111111"
STEPS = {  # the requests of a run in their order, by the check that judges the answer
    "preflight works without a key": 0,
    "create returns the user": 1,
    "get returns the user": 2,
    "list contains the user": 3,
    "an email in use is rejected": 4,
    "all invalid fields are reported at once": 5,
    "a body that is not JSON is rejected": 6,
    "update changes the sent fields and keeps the others": 7,
    "get shows the change": 8,
    "the email finds the user, if search is on": 9,
    "delete returns the id": 10,
    "get of a deleted user returns 404": 11,
    "the audit trail stays, if events are on": 12,
    "the health is ok, if it is on": 13,
}
PREFLIGHT, CREATE, GET, LIST, DUPLICATE, MEMBERS, SYNTAX, UPDATE, CHANGED, FOUND, DELETE, GONE, AUDIT, HEALTH = STEPS


def prove(url: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script to its end, from a folder that is not its own."""
    return subprocess.run(
        [SCRIPT, url, *arguments], cwd="/", env={**os.environ, **settings}, capture_output=True, text=True, timeout=120
    )


def left(url: str) -> list[str]:
    """The ids of the users that a run of the script left behind."""
    with urllib.request.urlopen(f"{url}/users?limit=1000", timeout=10) as answer:
        return [user["userId"] for user in json.load(answer)["users"] if user["email"].startswith("Test-Api.")]


def remove(url: str, users: list[str]) -> None:
    """Delete these users."""
    for user in users:
        urllib.request.urlopen(urllib.request.Request(f"{url}/users/{user}", method="DELETE"), timeout=10).close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that no other test fills: how many pages the list has decides which request is which."""
    with Server() as running:
        yield running


def test_every_check_holds_on_the_api_and_nothing_is_left(server: Server) -> None:
    done = prove(server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [*(f"ok    {what}" for what in STEPS), "All checks passed."]
    assert left(server.url) == []


@pytest.mark.parametrize("suffix", ["/", "/Prod", "/Prod/"])
def test_a_stage_and_a_trailing_slash_are_fine(server: Server, suffix: str) -> None:
    assert prove(server.url + suffix).returncode == 0


def test_two_runs_at_once_do_not_meet(server: Server) -> None:
    runs = [subprocess.Popen([SCRIPT, server.url], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, outputs


def test_the_user_is_found_on_a_later_page(server: Server) -> None:
    made = []

    def remember(answer: Answer) -> None:
        made.append(told(answer))

    def first_page(answer: Answer) -> None:
        tell(answer, {"users": [{"userId": "x"}], "count": 1, "hasMore": True, "lastKey": "a+b/c=&d%"})

    def second_page(answer: Answer) -> None:
        answer.status = 200
        tell(answer, {"users": made, "count": 1, "hasMore": False})

    with Liar(server.url, lies={1: remember, 3: first_page, 4: second_page}) as paged:
        assert prove(paged.url).returncode == 0
    assert paged.seen[4].path.upper().endswith("?LIMIT=100&LASTKEY=A%2BB%2FC%3D%26D%25")


def hide(answer: Answer) -> None:
    """A list without the newest user, its count adjusted."""
    tell(answer, {**told(answer), "users": [], "count": 0})


def stranger(answer: Answer) -> None:
    """A list that holds somebody else instead."""
    users = [{**user, "userId": SOMEBODY} for user in told(answer)["users"]]
    tell(answer, {**told(answer), "users": users})


def fewer_errors(pointer: str) -> liar.Lie:
    """One problem of a body not reported."""

    def lie(answer: Answer) -> None:
        kept = [error for error in told(answer)["errors"] if error["pointer"] != pointer]
        tell(answer, {**told(answer), "errors": kept})

    return lie


def lower_case(answer: Answer) -> None:
    """The email not kept as it was sent."""
    tell(answer, {**told(answer), "email": told(answer)["email"].lower()})


def trail_of(*entries: dict[str, object]) -> liar.Lie:
    """A page of the audit trail, whatever the answer was: a first entry appears a moment after the change."""

    def lie(answer: Answer) -> None:
        answer.status = 200
        tell(answer, {"entries": list(entries), "count": len(entries), "hasMore": False})

    return lie


USER_LIES = [
    status(202),
    without("userId"),
    member("userId", SOMEBODY),
    member("name", "Ada  Byron"),
    lower_case,
    without("age"),
    member("age", "36"),
    member("age", 360),
    without("createdAt"),
    member("updatedAt", "2026-01-02T03:04:05Z"),
]
PROBLEM_LIES = [
    status(418),
    status(200),
    member("status", 418),
    member("code", "something_else"),
    without("error"),
    member("error", ""),
    without("requestId"),
    header("content-type", "application/json"),
]
LIES = {
    PREFLIGHT: [
        status(403),
        without_header("access-control-allow-origin"),
        without_header("access-control-allow-methods"),
        header("access-control-allow-methods", "GET"),
        without_header("access-control-allow-headers"),
    ],
    CREATE: [
        *(lie for lie in USER_LIES if lie not in (USER_LIES[1], USER_LIES[2], USER_LIES[8])),
        member("name", "  Ada Lovelace "),
        without_header("location"),
        header("location", f"/users/{SOMEBODY}"),
    ],
    GET: [*USER_LIES, member("createdAt", "2026-01-02T03:04:05.678Z")],
    LIST: [
        status(206),
        hide,
        stranger,
        member("count", 7),
        without("hasMore"),
        member("hasMore", "no"),
    ],
    DUPLICATE: PROBLEM_LIES,
    MEMBERS: [*PROBLEM_LIES, *(fewer_errors(pointer) for pointer in ("/name", "/email", "/age", "/role"))],
    SYNTAX: PROBLEM_LIES,
    UPDATE: [*USER_LIES, member("name", "Ada Lovelace")],
    CHANGED: [*USER_LIES, member("name", "Ada Lovelace")],
    FOUND: [status(206), hide, stranger, member("count", 2), without("users")],
    DELETE: [status(204), without("message"), member("message", ""), member("userId", SOMEBODY)],
    GONE: PROBLEM_LIES,
    AUDIT: [status(403), status(500), trail_of(), trail_of({"digest": "0" * 64}), trail_of({"actor": {}})],
    HEALTH: [status(403), status(500), member("takesWrites", "no"), member("status", "bad")],
}
ROUNDS = max(map(len, LIES.values()))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_each_check_fails_on_a_lie(server: Server, number: int) -> None:
    """One run for the first lie about every step, one for the second, and so on."""
    lies = {step: about[number] for step, about in LIES.items() if number < len(about)}
    with Liar(server.url, lies={STEPS[step]: lie for step, lie in lies.items()}) as lying:
        done = prove(lying.url)
    assert done.returncode == 1
    assert failed(done) == list(lies), done.stdout
    assert done.stdout.endswith(f"\n{len(lies)} checks failed.\n")
    assert left(server.url) == []


def test_a_stack_without_search_passes(server: Server) -> None:
    def unknown(answer: Answer) -> None:
        answer.status = 400
        tell(answer, {"code": "invalid_query"})

    with Liar(server.url, lies={STEPS[FOUND]: unknown}) as plain:
        assert prove(plain.url).returncode == 0


def failed(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The checks that failed, as printed."""
    return [
        line.removeprefix("FAIL  ").split(": expected")[0] for line in done.stdout.splitlines() if line[:4] == "FAIL"
    ]


@pytest.mark.parametrize("lie", [without("createdAt"), member("createdAt", "2026-01-02T03:04:05Z")])
def test_a_lie_about_the_creation_time_spreads(server: Server, lie: liar.Lie) -> None:
    """The later answers are held to it."""
    with Liar(server.url, lies={STEPS[CREATE]: lie}) as lying:
        done = prove(lying.url)
    assert failed(done) == [CREATE, GET, UPDATE, CHANGED]
    assert left(server.url) == []


def upper_case_id(answer: Answer) -> None:
    """An id that is not canonical."""
    tell(answer, {**told(answer), "userId": told(answer)["userId"].upper()})


@pytest.mark.parametrize("lie", [upper_case_id, member("userId", SOMEBODY)])
def test_a_user_that_cannot_be_removed_is_named(server: Server, lie: liar.Lie) -> None:
    with Liar(server.url, lies={1: lie}) as lying:
        done = prove(lying.url)
    assert done.returncode == 1
    assert f"FAIL  {CREATE}: " in done.stdout
    assert " was not deleted: 404" in done.stdout
    remove(server.url, left(server.url))


def test_a_create_without_an_id_ends_the_run(server: Server) -> None:
    with Liar(server.url, lies={1: without("userId")}) as lying:
        done = prove(lying.url)
    assert done.returncode == 1
    assert done.stdout.endswith("The other checks need a user, so they did not run.\n")
    remove(server.url, left(server.url))


@pytest.mark.parametrize("number", [1, 4, 5])
def test_a_user_whose_answer_was_lost_is_removed(server: Server, number: int) -> None:
    with Liar(server.url, lies={number: liar.lost}) as lying:
        assert prove(lying.url).returncode == 1
    assert left(server.url) == []


def slow(seconds: float) -> liar.Lie:
    """An answer that lets a signal come first."""

    def lie(_: Answer) -> None:
        time.sleep(seconds)

    return lie


@pytest.mark.parametrize(
    "number", [pytest.param(number, marks=[pytest.mark.deep] * (number not in (1, 4, 7))) for number in range(1, 10)]
)
@pytest.mark.parametrize(("how", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_an_interrupted_run_removes_its_user(
    server: Server, number: int, how: signal.Signals, whole_group: bool
) -> None:
    with Liar(server.url, lies={number: slow(0.4)}) as lying:
        run = subprocess.Popen([SCRIPT, lying.url], stdout=subprocess.PIPE, text=True, start_new_session=True)
        wait_for(lambda: len(lying.seen) > number)
        (os.killpg if whole_group else os.kill)(run.pid, how)  # Ctrl-C reaches curl too
        run.communicate(timeout=60)
    assert run.returncode == 128 + how
    assert left(server.url) == []


def wait_for(condition) -> None:
    """Wait until it holds, ten seconds at most."""
    last = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.01)


def test_nobody_there_is_one_sentence() -> None:
    done = prove("http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Could not connect" in done.stderr or "Couldn't connect" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["localhost:3000"], ["ftp://x"], ["http://"], ["http://x", "key", "more"]])
def test_wrong_usage_shows_the_help(arguments: list[str]) -> None:
    done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("test-api.sh URL [API_KEY] - ")


def test_its_header_is_its_help() -> None:
    done = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    header = SCRIPT.read_text().split("\n", 1)[1].split("\nset -euo pipefail")[0]
    assert done.stdout == "".join(f"{line.removeprefix('#').removeprefix(' ')}\n" for line in header.splitlines())

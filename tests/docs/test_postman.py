"""The Postman collection: passes on the API, each of its tests fails on a lie, nothing is left behind."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.client import send
from tests.support import newman
from tests.support.forwarder import Answer
from tests.support.liar import Liar, Lie, header, member, status, tell, told, without, without_header
from tests.support.server import Server
from tests.support.sign_in import SignIn

COMMON = "every answer has a request id, CORS and a cache rule"
PROBLEM = "every error is a problem document"
SOMEBODY = "9d2f6a1e-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One with sign-in, so that no request is skipped."""
    with Server("SignIn=true ApiKeyRequired=false") as running:
        yield running


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """That of an administrator."""
    sign_in = SignIn(server.dynamodb_endpoint, server.client)
    sign_in.add("admin@example.com", "admins", name='Ann "Admin"')
    token = sign_in.person("admin@example.com", "users/admin", "users/self")
    followed(server.url, token)
    return token


def followed(url: str, token: str) -> None:
    """Add a user, and wait until the index of the search, which is late, has two. Each run then finds a next page."""
    bearer = {"Authorization": f"Bearer {token}"}
    send(url, "POST", "/users", {"name": "Zoe", "email": "zoe@example.com"}, bearer)
    last = time.monotonic() + 15
    while send(url, "GET", "/users?total=true&limit=1", None, bearer).json["total"] < 2:
        assert time.monotonic() < last
        time.sleep(0.05)


def left(url: str, token: str) -> list[str]:
    """The users that runs of the collection left behind."""
    request = urllib.request.Request(f"{url}/users?limit=1000", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        people = ("ada.", "grace.", "alan.", "alonzo.")
        return [user["email"] for user in json.load(answer)["users"] if user["email"].startswith(people)]


def with_body(answer: Answer) -> None:
    """A 304 that is a 200 after all."""
    answer.status, answer.body = 200, b"{}"


def first_user_again(answer: Answer) -> None:
    """A page that repeats nobody, but holds two."""
    users = told(answer)["users"]
    tell(answer, {**told(answer), "users": users + users})


def fewer_errors(answer: Answer) -> None:
    """One bad member left out."""
    tell(answer, {**told(answer), "errors": told(answer)["errors"][1:]})


def trail_of(*entries: dict[str, int]) -> Lie:
    """A page of the audit trail, whatever the answer was: a first entry appears a moment after the change."""

    def lie(answer: Answer) -> None:
        answer.status = 200
        tell(answer, {"entries": list(entries), "count": len(entries), "hasMore": False})

    return lie


FITTING = {"userId": SOMEBODY, "email": "ann@example.com", "age": 30, "createdAt": "2026-02-01T12:00:00.000Z"}


def found(*users: dict[str, Any]) -> Lie:
    """A page that has these users, whatever it had."""

    def lie(answer: Answer) -> None:
        page = told(answer)
        tell(answer, {**page, "users": list(users), "count": len(users)})

    return lie


def twice(answer: Answer) -> None:
    """A page that has the first of its users again."""
    page = told(answer)
    tell(answer, {**page, "users": [*page["users"], page["users"][0]], "count": page["count"] + 1})


# Lies by request, each for the tests that it must fail. Requests that hand something on lie about something else.
GENERAL: list[tuple[Lie, str]] = [
    (without_header("x-request-id"), COMMON),
    (without_header("access-control-allow-origin"), COMMON),
    (header("cache-control", "public"), COMMON),
]
LIES: dict[str, list[tuple[Lie, str]]] = {
    "Who changed the user": [
        (status(500), "status is 200, or 404 without events"),
        (trail_of(), "an entry says who did what and when"),
        (trail_of({"number": 1}), "an entry says who did what and when"),
    ],
    "Preflight of the list": [
        (status(403), "status is 200 or 204"),
        (header("access-control-allow-methods", "GET"), "POST with JSON may be sent"),
        (header("access-control-allow-headers", "x-api-key"), "POST with JSON may be sent"),
    ],
    "Preflight of a user": [
        (status(403), "status is 200 or 204"),
        (header("access-control-allow-methods", "GET,PUT,DELETE"), "PUT, PATCH and DELETE may be sent"),
    ],
    "Create a user": [
        (status(200), "status is 201"),
        (member("name", "  Ada Lovelace "), "the user is as sent, its name trimmed"),
        (member("email", "other@example.com"), "the user is as sent, its name trimmed"),
        (member("age", "36"), "the user is as sent, its name trimmed"),
        (member("createdAt", "2026-01-02T03:04:05Z"), "the server adds id and times"),
        (header("location", f"/users/{SOMEBODY}"), "Location leads to it"),
        (header("etag", '""'), "the ETag is strong"),
    ],
    "Create a user without an age": [(status(202), "status is 201"), (member("age", None), "there is no age")],
    "Create with an Idempotency-Key": [
        (status(202), "status is 201"),
        (header("idempotency-replayed", "true"), "it is the first answer"),
    ],
    "Create again with the same key": [
        (status(200), "status is 201"),
        (without_header("idempotency-replayed"), "it is the same answer"),
        (member("userId", SOMEBODY), "it is the same answer"),
    ],
    "Get the user": [
        (status(203), "status is 200"),
        (member("userId", SOMEBODY), "it is the user that was created"),
        (member("age", 63), "it is the user that was created"),
        (header("etag", '"999"'), "its ETag is that of the creation"),
    ],
    "Get it only if it has changed": [(status(204), "status is 304"), (with_body, "there is no body")],
    "First page": [
        (status(206), "status is 200"),
        (first_user_again, "it holds one user and says that there are more"),
        (member("hasMore", False), "it holds one user and says that there are more"),
        (without_header("link"), "Link leads to the next page"),
    ],
    "Next page": [(status(206), "status is 200"), (member("users", []), "it holds another user")],
    "A page of the default size": [
        (status(206), "status is 200"),
        (member("count", 0), "count tells how many users it holds"),
        (without("hasMore"), "count tells how many users it holds"),
    ],
    "Change the name": [
        (status(202), "status is 200"),
        (member("name", "Ada Lovelace"), "the name is changed, the rest is kept"),
        (without("age"), "the name is changed, the rest is kept"),
        (header("etag", '"1"'), "the ETag has changed"),
    ],
    "Change it only if nobody else has": [(status(202), "status is 200"), (member("age", 36), "the age is changed")],
    "Somebody else was faster": [(without_header("etag"), "the answer holds the current ETag")],
    "Merge a patch": [
        (status(202), "status is 200"),
        (member("age", 37), "null removed the age, the name is kept"),
        (without("name"), "null removed the age, the name is kept"),
    ],
    "Change the email": [(status(202), "status is 200"), (without("email"), "the email is changed")],
    "The old email is free": [(status(202), "status is 201")],
    "Bad members, all at once": [(fewer_errors, "every bad member is named")],
    "A method that is not offered": [
        (header("allow", "GET, PUT, POST"), "Allow says what is"),
        (header("allow", "GET"), "Allow says what is"),
    ],
    "Delete the user": [
        (status(202), "status is 200"),
        (without("message"), "it says who went"),
        (member("userId", SOMEBODY), "it says who went"),
    ],
    "Its email is free at once": [
        (status(202), "status is 201"),
        (member("email", "other@example.com"), "with the email of the deleted user"),
    ],
    "Is the email verified": [
        (status(206), "status is 200"),
        (member("emailVerified", True), "nobody has followed the link of the mail"),
    ],
    "Ask for another link": [
        (status(206), "status is 200"),
        (member("emailVerified", True), "the email is not verified by that"),
    ],
    "Get a form for an upload": [
        (status(201), "status is 200"),
        (without("maxBytes"), "the form is for one picture of the user"),
        (member("fields", {"key": SOMEBODY}), "the form is for one picture of the user"),
    ],
    "Request a ticket": [
        (status(200), "status is 201"),
        (member("url", "https://example.com"), "it opens a connection"),
        (member("protocols", ["users-api.v1"]), "it opens a connection"),
    ],
    "List webhooks": [
        (status(206), "status is 200"),
        (without("hasMore"), "count tells how many webhooks it holds"),
        (member("count", -1), "count tells how many webhooks it holds"),
    ],
    "Count users exactly": [
        (status(206), "status is 200"),
        (without("total"), "it has the number of all users, and when the last change was counted"),
        (member("totalAsOf", "now"), "it has the number of all users, and when the last change was counted"),
    ],
    "Find by email": [
        (status(206), "status is 200"),
        (member("users", []), "it finds the user at once"),
        (member("hasMore", True), "it finds the user at once"),
    ],
    "Find by words": [
        (status(206), "status is 200"),
        (member("count", -1), "count tells how many users it holds"),
        (found({"userId": SOMEBODY, "email": "other@example.com"}), "every user has the words, and comes once"),
        (twice, "every user has the words, and comes once"),
    ],
    "Filter": [
        (status(206), "status is 200"),
        (member("count", -1), "count tells how many users it holds"),
        (found({**FITTING, "age": 29}), "every user fits, the newest first"),
        (found({**FITTING, "email": "ann@example.org"}), "every user fits, the newest first"),
        (found(FITTING, {**FITTING, "createdAt": "2026-03-01T12:00:00.000Z"}), "every user fits, the newest first"),
    ],
    "First page by name": [
        (status(206), "status is 200"),
        (member("count", -1), "count tells how many users it holds"),
        (found({"userId": SOMEBODY, "email": "ann@example.com"}), "it shows ids and names alone"),
    ],
    "Next page by name": [(status(206), "status is 200"), (member("users", []), "it holds another user")],
    "Create a webhook": [
        (status(200), "status is 201"),
        (without("secret"), "it has a secret and all types of events"),
        (member("eventTypes", ["UserCreated"]), "it has a secret and all types of events"),
    ],
    "Get the webhook": [
        (status(203), "status is 200"),
        (member("secret", "whsec_"), "it is the webhook that was created, without its secret"),
        (member("webhookId", SOMEBODY), "it is the webhook that was created, without its secret"),
    ],
    "Disable the webhook": [
        (status(202), "status is 200"),
        (member("status", "enabled"), "it is disabled, the rest is kept"),
        (without("description"), "it is disabled, the rest is kept"),
    ],
    "Rotate the secret": [
        (status(202), "status is 200"),
        (without("secret"), "it has a new secret, and the one before expires"),
        (without("previousSecretExpiresAt"), "it has a new secret, and the one before expires"),
    ],
    "List its deliveries": [
        (status(206), "status is 200"),
        (member("count", -1), "count tells how many deliveries it holds"),
    ],
    "Delete the webhook": [
        (status(202), "status is 200"),
        (without("message"), "it says which webhook is gone"),
        (member("webhookId", SOMEBODY), "it says which webhook is gone"),
    ],
    "Ask for an import": [
        (status(200), "status is 201"),
        (member("upload", {"fields": {}, "maxBytes": 1}), "it has a form to upload the file"),
        (header("location", "/admin/imports"), "Location leads to it"),
    ],
    "Get the import": [
        (status(203), "status is 200"),
        (member("status", "running"), "it waits for its file"),
        (member("dryRun", False), "it waits for its file"),
    ],
    "Export all users": [
        (status(202), "status is 201"),
        (member("status", "completed"), "it is running"),
        (member("format", "ndjson"), "it is running"),
    ],
    "Get the export": [
        (status(203), "status is 200"),
        (member("exportId", SOMEBODY), "it is the export that was started"),
        (member("status", "failed"), "it is the export that was started"),
    ],
    "Get your user": [
        (status(206), "status is 200"),
        (member("userId", "me"), "you have an id and a name"),
    ],
    "Keep your name": [(status(202), "status is 200"), (member("name", "Another"), "the name is kept")],
    "Get the health": [
        (member("status", "bad"), "the database answers"),
        (member("takesWrites", "yes"), "it says whether writes are accepted"),
    ],
    "Count the users": [
        (status(206), "status is 200"),
        (without("approximateUserCount"), "it says how many and how old the number may be"),
        (member("countedEverySeconds", 0), "it says how many and how old the number may be"),
    ],
    "Get the user as administrators see it": [
        (status(203), "status is 200"),
        (member("status", "disabled"), "it is active, and nobody has signed in to it"),
        (member("userId", SOMEBODY), "it is active, and nobody has signed in to it"),
        (member("subject", SOMEBODY), "it is active, and nobody has signed in to it"),
    ],
    "Disable the user": [
        (status(202), "status is 200"),
        (member("status", "active"), "it is disabled, the rest is kept"),
        (without("email"), "it is disabled, the rest is kept"),
        (header("etag", '""'), "its ETag is strong"),
    ],
    "Enable the user": [(status(202), "status is 200"), (member("status", "disabled"), "it is active")],
    "Sign the user out": [(status(202), "status is 200"), (without("signedOutAt"), "it says when")],
    "Make the user an administrator": [(status(202), "status is 200"), (without("roles"), "it has the role")],
    "Take the role away": [(status(202), "status is 200"), (member("roles", ["admins"]), "it has no role")],
    "Erase the user": [(status(200), "status is 202"), (member("status", "completed"), "it is running")],
    "Look at every place again": [
        (status(203), "status is 200"),
        (member("places", [{"place": "record", "remaining": 1}]), "nothing of the record is left"),
    ],
    "Remove what is left": [(status(503), "it is gone")],
}
REFUSALS = {
    "Create something else with the same key": (422, "idempotency_key_reused"),
    "Somebody else was faster": (412, "precondition_failed"),
    "Email in use": (409, "email_in_use"),
    "Bad members, all at once": (400, "invalid_user"),
    "Not JSON": (400, "invalid_json"),
    "A content type that is not read": (415, "unsupported_media_type"),
    "Nothing to change": (400, "invalid_user"),
    "A limit that is none": (400, "invalid_query"),
    "A forged cursor": (400, "invalid_cursor"),
    "No such user": (404, "user_not_found"),
    "No such path": (404, "route_not_found"),
    "A method that is not offered": (405, "method_not_allowed"),
    "A cursor of another search": (400, "invalid_cursor"),
    "Parameters that do not go together": (400, "invalid_query"),
    "No such delivery": (404, "delivery_not_found"),
    "No avatar yet": (404, "avatar_not_found"),
    "Delete no avatar": (404, "avatar_not_found"),
    "No such import": (404, "import_not_found"),
    "No such export": (404, "export_not_found"),
    "Your email is the one of the sign-in": (403, "email_managed_by_sign_in"),
    "Delete your user only in another version": (412, "precondition_failed"),
    "A role that is none": (400, "invalid_user"),
    "Disable yourself": (403, "own_administration"),
    "An erasure that nobody asked for": (404, "erasure_not_found"),
    "A body that is too large": (413, "body_too_large"),
    "It is gone": (404, "user_not_found"),
    "It cannot go twice": (404, "user_not_found"),
}


def lies_about(request: str) -> list[tuple[Lie, str]]:
    """All lies about one request."""
    found = [*GENERAL, *LIES.get(request, [])]
    if request in REFUSALS:
        number, code = REFUSALS[request]
        found += [(status(418), f"status is {number}"), (member("code", "other"), f"code is {code}")]
        found += [(lie, PROBLEM) for lie in (without("title"), without("error"), member("status", 200))]
        found += [(header("content-type", "application/json"), PROBLEM), (member("requestId", "other"), PROBLEM)]
    return found


ROUNDS = max(len(lies_about(request)) for request in newman.requests())


@pytest.fixture(scope="module")
def truth(server: Server, token: str, tmp_path_factory: pytest.TempPathFactory) -> newman.Run:
    """A run against the API itself."""
    return newman.run(server.url, tmp_path_factory.mktemp("newman"), token=token)


def test_every_test_passes_on_the_api(server: Server, token: str, truth: newman.Run) -> None:
    assert (truth.exit_status, truth.failed) == (0, set()), truth.output
    assert {request for request, _ in truth.passed} == set(newman.requests())
    assert left(server.url, token) == []


def test_there_is_a_lie_for_every_test(truth: newman.Run) -> None:
    told_of = {(request, test) for request in newman.requests() for _, test in lies_about(request)}
    # a user deleted before is answered with a problem by the way
    assert truth.passed - told_of <= {("Remove what is left", PROBLEM)}


# two of the rounds in every run, all of them in the deep one
@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=[pytest.mark.deep] * (n not in (3, 4))) for n in range(ROUNDS)]
)
def test_each_test_fails_on_a_lie(server: Server, token: str, tmp_path: Path, number: int) -> None:
    """One run for the first lie about every request, one for the second, and so on."""
    lies, expected = {}, set()
    for place, request in enumerate(newman.requests()):
        about = lies_about(request)
        if number < len(about):
            lies[place], test = about[number]
            expected.add((request, test))
    with Liar(server.url, lies=lies) as lying:
        run = newman.run(lying.url, tmp_path, token=token)
    assert run.exit_status != 0
    assert expected <= run.failed, run.output
    assert left(server.url, token) == []


@pytest.mark.slow
def test_a_stack_without_events_passes_and_the_requests_of_its_capabilities_are_skipped(tmp_path: Path) -> None:
    with Server("Events=false") as plain:
        run = newman.run(plain.url, tmp_path)

    assert (run.exit_status, run.failed) == (0, set()), run.output
    assert {request for request, _ in run.passed} == set(
        newman.requests("Search", "Webhooks", "Avatar", "Bulk", *newman.SIGN_IN)
    )
    assert {
        ("Count users exactly", "the stack has no search"),
        ("List webhooks", "the stack has no webhooks"),
        ("Get a form for an upload", "the stack has no pictures"),
        ("Request a ticket", "the stack has no live updates"),
        ("Is the email verified", "the stack sends no mail"),
        ("No such import", "the stack has no imports and exports"),
        ("Ask for another link", "the stack sends no mail"),
        ("Get your user", "the stack has no sign-in"),
        ("Count the users", "the stack has no administration"),
    } <= run.passed

"""A user's life over real HTTP, and what every answer carries."""

from __future__ import annotations

import signal
import subprocess
import tempfile

import pytest

from tests.api.client import person, send
from tests.support.problems import assert_error
from tests.support.server import Server

NOBODY = "/users/00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("stage", ["", "/Prod"])
def test_a_user_lives_from_create_to_delete(server, stage):
    base = server.url + stage
    sent = person(age=30)
    answer = send(base, "POST", "/users", sent)
    user = answer.json
    path = f"/users/{user['userId']}"
    assert answer.status == 201
    assert answer.headers["location"] == stage + path
    assert answer.headers["etag"] == '"1"'
    assert {name: user[name] for name in sent} == sent

    answer = send(base, "GET", path)
    assert (answer.status, answer.json, answer.headers["etag"]) == (200, user, '"1"')
    assert send(base, "GET", path, headers={"If-None-Match": '"1"'}).status == 304

    changed = send(base, "PUT", path, {**user, "name": "Bea"}).json
    assert changed == {**user, "name": "Bea", "updatedAt": changed["updatedAt"]}
    patch = {"Content-Type": "application/merge-patch+json"}
    assert "age" not in send(base, "PATCH", path, b'{"age":null}', patch).json

    answer = send(base, "DELETE", path)
    assert (answer.status, answer.json) == (200, {"message": "User deleted.", "userId": user["userId"]})
    for method, body in [("GET", None), ("PUT", {"age": 1}), ("PATCH", {"age": 1}), ("DELETE", None)]:
        answer = send(base, method, path, body)
        assert_error(answer.status, answer.headers, answer.body, 404, "user_not_found")
    assert send(base, "POST", "/users", sent).status == 201


EVERY: list[tuple[str, str, object, int, str]] = [
    ("GET", "/users?limit=1", None, 200, "private, no-cache"),
    ("POST", "/users", {}, 400, "no-store"),
    ("GET", NOBODY, None, 404, "no-store"),
    ("GET", "/nowhere", None, 404, "no-store"),
    ("PUT", "/users", None, 405, "no-store"),
    ("HEAD", NOBODY, None, 405, "no-store"),
    ("OPTIONS", "/users", None, 204, "no-store"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "cache"), EVERY)
def test_every_answer_carries_its_id_its_origin_and_what_may_be_kept(server, method, path, body, status, cache):
    answer = send(server.url, method, path, body, {"Origin": "http://localhost:5173"})
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert len(answer.headers["x-request-id"]) == 36
    assert answer.headers["cache-control"] == cache


@pytest.mark.parametrize(("method", "path", "body"), [row[:3] for row in EVERY if row[0] not in ("HEAD", "OPTIONS")])
def test_every_body_ends_in_a_newline(server, method, path, body):
    assert send(server.url, method, path, body).body.endswith(b"}\n")


def test_options_of_a_user_and_a_415_name_the_same_types_of_a_patch(server):
    """RFC 5789, 2.2 and 3.1."""
    refused = send(server.url, "PATCH", NOBODY, b"<a/>", {"Content-Type": "text/xml"})
    assert refused.status == 415
    offered = send(server.url, "OPTIONS", NOBODY).headers["accept-patch"]
    assert offered == refused.headers["accept-patch"] == "application/json, application/merge-patch+json"
    assert "accept-patch" not in send(server.url, "OPTIONS", "/users").headers


def test_a_compressed_body_is_told_to_come_as_it_is(server):
    refused = send(server.url, "POST", "/users", b"x", {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    assert (refused.status, refused.headers["accept-encoding"]) == (415, "identity")


def test_a_condition_on_a_list_or_a_new_user_is_ignored(server):
    assert send(server.url, "GET", "/users", headers={"If-None-Match": "*"}).status == 200
    assert send(server.url, "POST", "/users", person(), {"If-Match": '"9"'}).status == 201


def test_a_part_of_a_user_cannot_be_put(server):
    answer = send(server.url, "PUT", NOBODY, {"age": 1}, {"Content-Range": "bytes 0-1/2"})
    assert answer.status == 400


def test_a_method_that_is_not_offered_is_answered_with_those_that_are(server):
    answer = send(server.url, "DELETE", "/users")
    assert_error(answer.status, answer.headers, answer.body, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "OPTIONS"}
    answer = send(server.url, "POST", NOBODY, {})
    assert set(answer.headers["allow"].split(", ")) == {"GET", "PUT", "PATCH", "DELETE", "OPTIONS"}


def test_one_origin_is_allowed_where_one_is_configured():
    with Server("CorsOrigin=https://app.example") as server:
        for method, path in [("GET", "/users"), ("GET", "/nowhere"), ("PUT", "/users"), ("OPTIONS", "/users")]:
            answer = send(server.url, method, path, headers={"Origin": "http://localhost:5173"})
            assert answer.headers["access-control-allow-origin"] == "https://app.example"
            assert answer.headers["vary"] == "Origin"


def test_a_key_is_asked_for_where_one_is_required():
    with Server("ApiKeyRequired=true") as server:
        for key in ({}, {"X-Api-Key": "wrong"}):
            answer = send(server.url, "GET", "/users", headers=key)
            assert_error(answer.status, answer.headers, answer.body, 403, "forbidden")
        assert send(server.url, "OPTIONS", "/users").status == 204
        assert send(server.url, "GET", "/nowhere").status == 404
        assert send(server.url, "PUT", "/users").status == 405


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_users_are_still_there_after_a_restart(how):
    with tempfile.TemporaryDirectory() as data:
        with Server(data=data) as server:
            user = send(server.url, "POST", "/users", person()).json
            assert server.stop(how) == 0
        with Server(data=data) as server:
            assert send(server.url, "GET", f"/users/{user['userId']}").json == user
            again = send(server.url, "POST", "/users", person(email=user["email"]))
            assert again.status == 409


@pytest.mark.needs("ab")
def test_a_thousand_requests_by_ten_clients_all_succeed(server):
    send(server.url, "POST", "/users", person())
    command = ["ab", "-q", "-n", "1000", "-c", "10", f"{server.url}/users?limit=1"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Complete requests:      1000" in report
    assert "Failed requests:        0" in report
    assert "Non-2xx" not in report

"""`make run` with SignIn=true: people reach their own record, admins and machines what their scopes say."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from tests.support.server import Server
from tests.support.sign_in import Refused, SignIn

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def server():
    with Server("SignIn=true") as running:
        yield running


@pytest.fixture(scope="module")
def sign_in(server):
    return SignIn(server.dynamodb_endpoint, server.client)


@pytest.fixture
def call(server):
    def send(method, path, token="", body=None, **headers):
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{server.url}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.loads(response.read() or b"null"), response.headers
        except urllib.error.HTTPError as error:
            return error.status, json.loads(error.read()), error.headers

    return send


def test_a_person_who_signs_in_has_a_record_and_changes_it(sign_in, call):
    sign_in.add("mary@example.com", name="Mary Jackson")
    token = sign_in.person("mary@example.com")
    status, mine, headers = call("GET", "/users/me", token)
    assert (status, mine["name"], mine["email"]) == (200, "Mary Jackson", "mary@example.com")
    assert call("GET", f"/users/{mine['userId']}", token)[:2] == (200, mine)
    status, changed, _ = call("PATCH", "/users/me", token, {"age": 40}, **{"If-Match": headers["ETag"]})
    assert (status, changed["age"]) == (200, 40)
    assert call("PUT", "/users/me", token, {"email": "mary@example.com", "age": 41})[0] == 200
    status, problem, _ = call("PUT", "/users/me", token, {"email": "other@example.com"})
    assert (status, problem["code"]) == (403, "email_managed_by_sign_in")
    assert call("GET", "/users", token)[0] == 403
    assert call("POST", "/users", token, {"name": "A", "email": "a@example.com"})[0] == 403


def test_a_record_with_the_verified_email_becomes_the_persons(sign_in, call):
    machine = sign_in.machine("users/read", "users/write")
    status, made, _ = call("POST", "/users", machine, {"name": "Kay McNulty", "email": "Kay@example.com"})
    assert status == 201
    sign_in.add("kay@example.com", name="Somebody")
    token = sign_in.person("kay@example.com")
    mine = call("GET", "/users/me", token)[1]
    assert (mine["userId"], mine["name"]) == (made["userId"], "Kay McNulty")


def test_the_record_of_another_is_like_one_that_is_not_there(sign_in, call):
    machine = sign_in.machine("users/read", "users/write")
    other = call("POST", "/users", machine, {"name": "Betty", "email": "betty@example.com"})[1]["userId"]
    sign_in.add("jean@example.com")
    token = sign_in.person("jean@example.com")
    nobody = "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f"
    for method, body in (("GET", None), ("PUT", {"age": 5}), ("PATCH", {"age": 5}), ("DELETE", None)):
        seen = [call(method, f"/users/{user_id}", token, body) for user_id in (other, nobody)]
        assert [status for status, _, _ in seen] == [404, 404]
        texts = [
            {key: value for key, value in problem.items() if key not in ("requestId", "instance")}
            for _, problem, _ in seen
        ]
        assert texts[0] == texts[1]
        assert sorted(seen[0][2]) == sorted(seen[1][2])
    assert call("GET", f"/users/{other}", machine)[0] == 200


def test_an_administrator_needs_the_group_and_the_scope(sign_in, call):
    sign_in.add("ida@example.com", "admins")
    sign_in.add("eve@example.com")
    both = sign_in.person("ida@example.com", "users/admin", "users/self")
    without_scope = sign_in.person("ida@example.com", "users/self")
    without_group = sign_in.person("eve@example.com", "users/admin", "users/self")
    assert call("GET", "/users", both)[0] == 200
    assert call("GET", "/users", without_scope)[0] == 403
    assert call("GET", "/users", without_group)[1]["code"] == "access_denied"


def test_a_deleted_person_stays_deleted(sign_in, call):
    sign_in.add("gone@example.com")
    token = sign_in.person("gone@example.com")
    assert call("DELETE", "/users/me", token)[0] == 200
    assert call("GET", "/users/me", token)[0] == 404
    with pytest.raises(Refused, match=r"This user is deleted|Incorrect username"):  # the pool follows soon
        sign_in.tokens("gone@example.com")

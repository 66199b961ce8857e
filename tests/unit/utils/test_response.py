"""Answers, and the headers that every one of them carries."""

from __future__ import annotations

import json

from tests.support.problems import assert_error
from users.errors import InvalidUser, UserNotFound
from utils.response import EXPOSED, created, for_gateway, not_modified, ok, problem


def sent(response, origin="*"):
    return for_gateway(response, "request-1", origin)


def test_a_document_is_compact_json_that_keeps_its_letters():
    answer = sent(ok({"name": "Zoë", "n": [1, 2]}, etag='"1"', Link="<next>"))
    assert answer["statusCode"] == 200
    assert answer["body"] == '{"name":"Zoë","n":[1,2]}\n'
    assert answer["isBase64Encoded"] is False
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "ETag": '"1"',
        "Link": "<next>",
        "X-Request-Id": "request-1",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": EXPOSED,
    }


def test_a_body_is_one_line_and_ends_it():
    bodies = [ok({}).body, created({}, "/users/1", '"1"').body, problem(UserNotFound(), "request-1").body]
    assert [body.count("\n") for body in bodies] == [1, 1, 1]
    assert all(body.endswith("}\n") for body in bodies)


def test_an_answer_without_a_tag_has_no_tag():
    assert "ETag" not in ok({}).headers


def test_a_read_may_be_kept_by_its_reader():
    assert ok({}, cache="private, no-cache").headers["Cache-Control"] == "private, no-cache"


def test_a_new_resource_says_where_it_is():
    response = created({"userId": "1"}, location="/users/1", etag='"1"')
    assert response.status == 201
    assert response.headers == {
        "Location": "/users/1",
        "ETag": '"1"',
        "Cache-Control": "no-store",
        "Content-Type": "application/json",
    }


def test_nothing_new_has_no_body_but_its_tag():
    response = not_modified('"2"')
    assert (response.status, response.body) == (304, "")
    assert response.headers == {"ETag": '"2"', "Cache-Control": "private, no-cache"}


def test_one_origin_makes_the_answer_vary():
    headers = sent(ok({}), origin="https://app.example")["headers"]
    assert headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert headers["Vary"] == "Origin"
    assert "Vary" not in sent(ok({}))["headers"]


def test_every_exposed_header_is_one_we_send():
    assert EXPOSED.split(", ") == ["ETag", "Location", "Link", "Retry-After", "X-Request-Id", "Idempotency-Replayed"]


def test_a_problem_has_one_shape():
    answer = sent(problem(UserNotFound(), "request-1"))
    document = assert_error(answer["statusCode"], answer["headers"], answer["body"], 404, "user_not_found")
    assert document["title"] == "User not found"
    assert document["error"] == document["detail"] == "There is no user with this id."
    assert "errors" not in document


def test_a_problem_with_a_body_lists_its_members():
    listed = [{"pointer": "/name", "code": "required", "message": "name is required."}]
    assert json.loads(problem(InvalidUser(listed), "r").body)["errors"] == listed


def test_a_problem_carries_its_own_headers():
    error = UserNotFound(headers={"Retry-After": "1"})
    assert problem(error, "r").headers["Retry-After"] == "1"

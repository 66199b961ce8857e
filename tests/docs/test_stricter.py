"""Every row of "What is stricter" in the migration page is what the running API answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.api.client import send
from tests.docs.pages import page
from tests.support.server import Server

NOBODY = "/users/72bbe200-299e-4b30-b76c-777429add539"
ADA = {"name": "Ada", "email": "ada@stricter.example.com"}
ROW = re.compile(r"^\| (?P<sent>.+?) \| (?P<status>\d{3}) `(?P<code>\w+)` \|$", re.MULTILINE)
Sent = tuple[str, str, object, dict[str, str]]


def post(body: object, **headers: str) -> Sent:
    return "POST", "/users", body, {name.replace("_", "-"): value for name, value in headers.items()}


def get(path: str) -> Sent:
    return "GET", path, None, {}


def ada(**members: object) -> Sent:
    return post({**ADA, **members})


SENT: dict[str, list[Sent]] = {
    "a `limit` over": [get(f"/users?limit={limit}") for limit in ("1001", "0", "-1", "ten", "1.5")],
    "an unknown query parameter": [get("/users?page=2"), get(f"{NOBODY}?fields=name")],
    "a query parameter twice": [get("/users?limit=1&limit=2")],
    "a `lastKey`": [
        get("/users?lastKey=72bbe200-299e-4b30-b76c-777429add539"),
        get("/users?lastKey=%7B%22userId%22%7D"),
    ],
    "a body with another type": [
        post(json.dumps(ADA).encode(), Content_Type="application/x-www-form-urlencoded"),
        post(json.dumps(ADA).encode(), Content_Type="text/plain"),
    ],
    "a body over": [post(b" " * 16385, Content_Type="application/json")],
    "no body": [
        post(body, Content_Type="application/json") for body in (b"", b"name=Ada", json.dumps(ADA).encode() + b" x")
    ],
    "`NaN`": [post(body, Content_Type="application/json") for body in (b'{"age": NaN}', b'{"name": "\xff"}')],
    "a field twice": [post(b'{"name": "A", "name": "B"}', Content_Type="application/json")],
    "JSON that is not": [post(b"null", Content_Type="application/json"), post([ADA])],
    "an unknown field": [ada(role="admin")],
    "its own `userId`": [ada(userId="72bbe200-299e-4b30-b76c-777429add539"), ada(createdAt="2026-11-23T10:00:00.000Z")],
    "an age as": [ada(age=age) for age in ("30", 30.5, 0, 151)],
    "a name that": [ada(name=name) for name in ("", "  ", "a" * 101)],
    "an email without": [ada(email="ada@localhost"), ada(email="ada")],
    "an update without": [("PUT", NOBODY, {}, {})],
    "an email that another": [post({"name": "Eve", "email": "Taken@Stricter.Example.com"})],
    "an id that": [get("/users/42"), get(NOBODY.upper().replace("/USERS", "/users"))],
    "an update or a delete": [("PUT", NOBODY, {"name": "A"}, {}), ("DELETE", NOBODY, None, {})],
    "an unknown path": [get("/user")],
    "a method that": [("DELETE", "/users", None, {}), ("POST", NOBODY, {}, {})],
}


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer(page("docs/how-to/migrate-from-the-tutorial-stack.md").text))


@pytest.fixture(scope="module")
def taken() -> Iterator[str]:
    """The API, where one email is taken."""
    with Server() as server:
        assert send(server.url, "POST", "/users", {"name": "T", "email": "taken@stricter.example.com"}).status == 201
        yield server.url


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["sent"][:40])
def test_a_row_is_what_comes(taken, row):
    (requests,) = [requests for words, requests in SENT.items() if row["sent"].startswith(words)]
    for method, path, body, headers in requests:
        answer = send(taken, method, path, body, headers)
        assert (answer.status, answer.json["code"]) == (int(row["status"]), row["code"]), (method, path, body)


def test_every_request_has_its_row():
    assert len(rows()) == len(SENT)


def test_head_is_not_offered(taken):
    assert send(taken, "HEAD", "/users").status == 405

"""From a request to the consumer: what follows from a change, run by `make run` from the project's own template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dynamodb.values import from_item
from tests.api.client import send
from tests.local.test_sources import until
from tests.support.server import Server

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def trail(server: Server, user_id: str) -> list[dict[str, Any]]:
    """The entries of a user, in their order."""
    found = server.client("dynamodb").query(
        TableName="users-api-AuditTable",
        KeyConditionExpression="userId = :user AND begins_with(place, :entry)",
        ExpressionAttributeValues={":user": {"S": user_id}, ":entry": {"S": "entry#"}},
    )["Items"]
    return [from_item(item) for item in found]


def test_each_change_over_http_reaches_the_consumer(server):
    user = send(server.url, "POST", "/users", {"name": "Ann", "email": "ann@example.com"}).json
    path = f"/users/{user['userId']}"
    assert send(server.url, "PUT", path, {"name": "Ann Lee"}).status == 200
    assert send(server.url, "DELETE", path).status == 200
    found = until(lambda: trail(server, user["userId"]), lambda entries: len(entries) >= 3)
    assert sorted((entry["userVersion"], entry["type"], entry["changed"]) for entry in found) == [
        (1, "UserCreated", "name email createdAt"),
        (2, "UserUpdated", "name"),
        (3, "UserDeleted", ""),
    ]
    assert {entry["actor"] for entry in found} == {"anonymous"}  # make run asks for no key


def test_the_trail_is_read_over_http_after_the_deletion_too(server):
    user = send(server.url, "POST", "/users", {"name": "Bea", "email": "bea@example.com"}).json
    path = f"/users/{user['userId']}"
    assert send(server.url, "DELETE", path).status == 200
    page = until(
        lambda: send(server.url, "GET", f"{path}/audit"), lambda it: it.status == 200 and it.json["count"] == 2
    )
    assert {(each["type"], each["actor"]["type"]) for each in page.json["entries"]} == {
        ("UserCreated", "anonymous"),
        ("UserDeleted", "anonymous"),
    }
    assert [each["number"] for each in page.json["entries"]] == [2, 1]
    first = send(server.url, "GET", f"{path}/audit?limit=1")
    rest = send(server.url, "GET", f"{path}/audit?limit=1&lastKey={first.json['lastKey']}")
    assert [*first.json["entries"], *rest.json["entries"]] == page.json["entries"]


def test_a_user_that_never_was_has_no_trail(server):
    answer = send(server.url, "GET", "/users/00000000-0000-4000-8000-000000000000/audit")
    assert (answer.status, answer.json["code"]) == (404, "user_not_found")


def test_without_events_there_is_no_route_to_the_trail():
    with Server("Events=false") as plain:
        answer = send(plain.url, "GET", "/users/00000000-0000-4000-8000-000000000000/audit")
        assert (answer.status, answer.json["code"]) == (404, "route_not_found")


def test_the_console_shows_each_event(server):
    until(lambda: server.output, lambda output: output.count("event_handled") >= 3)
    assert "UserDeleted" in server.output

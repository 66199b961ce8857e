"""Live updates of `make run`: from a change over HTTP to the messages of the clients that follow it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from wsproto.events import AcceptConnection, RejectConnection

from tests.api.client import send
from tests.local.test_sources import until
from tests.support.server import Server
from tests.support.websocket import WebSocket

pytestmark = pytest.mark.local_only


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def ticket(server: Server) -> dict[str, Any]:
    response = send(server.url, "POST", "/live/tickets")
    assert response.status == 201
    return dict(response.json)


def connected(server: Server) -> WebSocket:
    given = ticket(server)
    connection = WebSocket(given["url"], given["protocols"])
    assert isinstance(connection.opened, AcceptConnection)
    return connection


def following(server: Server, topic: str, **more: Any) -> tuple[WebSocket, dict[str, Any]]:
    """A connection that is subscribed to a topic, and the response to its subscription."""
    connection = connected(server)
    connection.ask(action="subscribe", to=topic, **more)
    return connection, connection.told("subscribed")


def created(server: Server) -> str:
    """The path of a new user, without its first slash: the topic of the user."""
    body = {"name": "Ann", "email": f"{uuid.uuid4()}@example.com"}
    return f"users/{send(server.url, 'POST', '/users', body).json['userId']}"


def renamed(server: Server, user: str) -> None:
    assert send(server.url, "PATCH", f"/{user}", {"name": str(uuid.uuid4())}).status == 200


def items(server: Server, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.client("dynamodb").query(
        TableName="users-api-LiveTable",
        KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": "key"},
        ExpressionAttributeValues={":key": {"S": key}},
    )["Items"]
    return found


def test_a_change_reaches_who_follows_the_list(server):
    connection, _ = following(server, "users")
    user = created(server)
    told = connection.told("update")
    assert told == {
        "type": "update",
        "event": "UserCreated",
        "id": told["id"],
        "userId": user.removeprefix("users/"),
        "userVersion": 1,
        "changed": ["name", "email", "createdAt"],
        "time": told["time"],
        "place": told["place"],
    }
    connection.close()


def test_who_follows_one_user_learns_of_no_other(server):
    one, other = created(server), created(server)
    connection, _ = following(server, one)
    renamed(server, other)
    renamed(server, one)
    assert connection.told("update")["userId"] == one.removeprefix("users/")
    connection.close()


def test_a_message_says_nothing_about_a_person(server):
    user = created(server)
    connection, _ = following(server, user)
    assert send(server.url, "DELETE", f"/{user}").status == 200
    while (told := connection.told("update"))["event"] != "UserDeleted":
        pass
    assert "example.com" not in str(told)
    connection.close()


def test_the_connection_has_the_subprotocol_of_the_messages(server):
    connection = connected(server)
    assert connection.opened.subprotocol == "users-api.v1"
    connection.close()


def test_a_ticket_opens_one_connection(server):
    given = ticket(server)
    first = WebSocket(given["url"], given["protocols"])
    again = WebSocket(given["url"], given["protocols"])
    assert isinstance(first.opened, AcceptConnection)
    assert isinstance(again.opened, RejectConnection)
    first.close()
    again.cut()


@pytest.mark.parametrize("offered", [[], ["users-api.v1"], ["users-api.v1", "ticket.0"], ["ticket.0"]])
def test_no_connection_opens_without_a_ticket(server, offered):
    connection = WebSocket(ticket(server)["url"], offered)
    assert isinstance(connection.opened, RejectConnection)
    connection.cut()


def test_a_client_that_was_away_receives_what_it_missed(server):
    user = created(server)
    connection, _ = following(server, user)
    renamed(server, user)
    last = connection.told("update")
    connection.cut()
    renamed(server, user)
    renamed(server, user)
    until(lambda: [item for item in items(server, "log") if item["userId"]["S"] in user], lambda found: len(found) >= 4)
    again, told = following(server, user, after=last["place"])
    assert told["gap"] is False
    assert {3, 4} <= {missed["userVersion"] for missed in told["missed"]}
    again.close()


@pytest.mark.parametrize("after", [0, 10**14])
def test_a_client_learns_that_there_is_a_gap(server, after):
    connection, told = following(server, "users", after=after)
    assert (told["gap"], told["missed"]) == (True, [])
    connection.close()


def test_nothing_of_a_closed_connection_stays(server):
    user = created(server)
    connection, _ = following(server, user)
    assert len(items(server, f"topic#{user}")) == 1
    connection.close()
    until(lambda: items(server, f"topic#{user}"), lambda found: not found)


def test_a_connection_whose_end_nobody_told_is_cleaned_up_by_the_next_message(server):
    user = created(server)
    gone = {"key": {"S": f"topic#{user}"}, "place": {"S": "gone"}, "expiresAt": {"N": str(10**10)}}
    row = {"key": {"S": "connection#gone"}, "place": {"S": "connection"}, "caller": {"S": "anonymous"}}
    client = server.client("dynamodb")
    client.put_item(TableName="users-api-LiveTable", Item=gone)
    client.put_item(TableName="users-api-LiveTable", Item={**row, "topics": {"SS": [user]}})
    renamed(server, user)
    until(lambda: items(server, f"topic#{user}"), lambda found: not found)


def test_a_subscription_ends_when_the_client_says_so(server):
    user = created(server)
    connection, _ = following(server, user)
    connection.ask(action="unsubscribe", to=user)
    assert connection.told("unsubscribed")["to"] == user
    assert items(server, f"topic#{user}") == []
    connection.close()


def test_a_ping_is_answered(server):
    connection = connected(server)
    connection.ask(action="ping")
    assert connection.told("pong") == {"type": "pong"}
    connection.close()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({}, "`action` must be"),
        ({"action": "shout"}, "`action` must be"),
        ({"action": "subscribe"}, "`to` must be"),
        ({"action": "subscribe", "to": "users/1"}, "`to` must be"),
        ({"action": "subscribe", "to": ["users"]}, "`to` must be"),
        ({"action": "subscribe", "to": "users", "after": "1"}, "`after` must be"),
        ({"action": "subscribe", "to": "users", "after": -1}, "`after` must be"),
        ({"action": "subscribe", "to": "users", "after": True}, "`after` must be"),
    ],
)
def test_a_message_that_is_wrong_is_answered_with_what_is_wrong(server, message, said):
    connection = connected(server)
    connection.ask(**message)
    told = connection.told("error")
    assert told["code"] == "invalid_message"
    assert told["detail"].startswith(said)
    connection.close()

"""The handlers of a stack with events pass the caller of a request on to its writes."""

from __future__ import annotations

import pytest

from attributed import create_user, delete_user, update_user, wiring
from tests.unit.handlers.actions import request
from users.attributed import AttributedUsers
from utils.deadline import Deadline


class Users:
    def by(self, caller):
        self.caller = caller
        return self


def test_an_action_gets_the_users_of_the_caller():
    seen = []
    action = wiring.by_caller(lambda sent, users: seen.append((sent, users.caller)))
    sent = request("GET", "/users")
    action(sent, Users())
    assert seen == [(sent, sent.caller)]


@pytest.mark.parametrize("module", [create_user, update_user, delete_user])
def test_a_handler_answers_as_the_plain_one_does(module):
    event = {"resource": "/users", "isBase64Encoded": False, "httpMethod": "POST", "body": "{"}
    assert module.lambda_handler({**event, "resource": "/users", "pathParameters": {"userId": "no"}}, Context())[
        "statusCode"
    ] in (400, 404)


class Context:
    aws_request_id = "1"

    def get_remaining_time_in_millis(self):
        return 10_000


@pytest.fixture(autouse=True)
def settings(monkeypatch):
    for name in ("USERS_TABLE", "USER_KEYS_TABLE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "us-east-1")
    monkeypatch.setenv("CORS_ORIGIN", "*")


def test_the_provider_gives_users_whose_writes_name_a_caller():
    assert isinstance(wiring.users(Deadline(1)), AttributedUsers)

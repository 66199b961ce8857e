"""The handlers of a service with two Regions write at home only, and answer there as the plain ones do."""

from __future__ import annotations

import json
from importlib import import_module
from types import SimpleNamespace

import pytest

import wiring
from regional import create_user, delete_user, get_health, list_users, update_user
from regions.home import KEY
from tests.contract.conftest import memory_client
from tests.support.events import event
from tests.support.tables import Tables
from utils.deadline import Deadline

TABLES = Tables("Users", "UserKeys")
HERE, THERE = "eu-west-1", "us-east-1"
ADA = {"name": "Ada", "email": "ada@example.com"}
NOBODY = "00000000-0000-4000-8000-000000000000"
PATH = {"userId": NOBODY}
WRITES = [
    (create_user, event("POST", "/users", ADA)),
    (update_user, event("PUT", f"/users/{NOBODY}", {"name": "Eve"})),
    (delete_user, event("DELETE", f"/users/{NOBODY}")),
]


@pytest.fixture
def database(monkeypatch):
    """Empty tables in memory, behind the wiring; a call to them."""
    client = memory_client(TABLES)
    monkeypatch.setitem(wiring._built, "dynamodb", client)
    monkeypatch.setattr(wiring, "_cursor_secrets", {})
    settings = {"USERS_TABLE": "Users", "USER_KEYS_TABLE": "UserKeys", "CORS_ORIGIN": "*", "AWS_REGION": HERE}
    for name, value in {**settings, "REGION_ROLE": "standby", "EVENTS": "false"}.items():
        monkeypatch.setenv(name, value)
    return lambda operation, request: client.call(operation, request, Deadline(5))


def name_home(database, region):
    database("PutItem", {"TableName": "UserKeys", "Item": {"key": {"S": KEY}, "region": {"S": region}}})


def answer(module, sent):
    """The status and the document of a handler's answer."""
    context = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 10_000)
    found = module.lambda_handler(sent, context)
    return found["statusCode"], json.loads(found["body"]), found["headers"]


def items(database):
    return [item for table in ("Users", "UserKeys") for item in database("Scan", {"TableName": table})["Items"]]


@pytest.mark.parametrize(("module", "sent"), WRITES)
def test_a_standby_refuses_every_write_and_writes_nothing(database, module, sent):
    status, problem, headers = answer(module, sent)
    assert (status, problem["code"], headers["Retry-After"]) == (503, "not_home", "30")
    assert items(database) == []


@pytest.mark.parametrize("events", ["false", "true"])
@pytest.mark.parametrize(("module", "sent"), WRITES)
def test_at_home_the_handler_of_the_stack_answers(database, monkeypatch, module, sent, events):
    monkeypatch.setenv("EVENTS", events)
    name_home(database, HERE)
    plain = import_module(f"{'attributed' if events == 'true' else 'handlers'}.{module.__name__.split('.')[1]}")
    status, document, _ = answer(module, sent)
    assert status == (201 if module is create_user else 404)
    if module is create_user:
        written = database("Scan", {"TableName": "Users"})["Items"][0]
        assert ("writtenBy" in written) == (events == "true")
        assert answer(plain, sent)[1]["code"] == "email_in_use"
    else:
        assert document["code"] == answer(plain, sent)[1]["code"]


def test_a_region_that_has_learned_that_it_is_not_home_refuses(database, monkeypatch):
    monkeypatch.setenv("REGION_ROLE", "home")
    assert answer(create_user, WRITES[0][1])[0] == 201
    name_home(database, THERE)
    assert answer(create_user, WRITES[0][1])[0] == 503


def test_a_standby_lists_and_makes_no_secret_for_cursors(database):
    name_home(database, HERE)
    for number in range(3):
        answer(create_user, event("POST", "/users", {**ADA, "email": f"{number}@example.com"}))
    name_home(database, THERE)
    whole = event("GET", "/users")
    paged = event("GET", "/users", query="limit=2")
    before = items(database)
    assert answer(list_users, whole)[1]["count"] == 3
    assert answer(list_users, paged)[1]["code"] == "not_home"
    assert items(database) == before
    name_home(database, HERE)
    key = answer(list_users, paged)[1]["lastKey"]
    name_home(database, THERE)
    assert answer(list_users, event("GET", "/users", query=f"limit=2&lastKey={key}"))[1]["count"] == 1


@pytest.mark.parametrize(("home", "takes"), [(HERE, True), (THERE, False)])
def test_health_says_whether_writes_are_taken(database, home, takes):
    name_home(database, home)
    status, document, headers = answer(get_health, event("GET", "/health"))
    assert (status, document, headers["Cache-Control"]) == (200, {"status": "ok", "takesWrites": takes}, "no-store")


def test_health_is_503_if_the_database_does_not_answer(database, monkeypatch):
    def unreachable(deadline):
        from utils.errors import ServiceUnavailable

        raise ServiceUnavailable

    monkeypatch.setattr(wiring, "_call", unreachable)
    assert answer(get_health, event("GET", "/health"))[1]["code"] == "unavailable"

"""The messages of live updates are those of the AsyncAPI document, in both directions."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from live import errors, messages
from sockets import handle_message
from tests.docs.pages import ROOT, page
from tests.unit.live.stand_ins import ANN, EVENT, Connections, Recent, request
from users.events import SCHEMA_VERSIONS
from utils.websocket import InvalidMessage, SocketError

DOCUMENT = yaml.safe_load((ROOT / "docs/reference/live-updates.asyncapi.yaml").read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
KEPT = messages.at(5, json.dumps(messages.update("UserUpdated", EVENT)))


def complaints(message, schema):
    checker = jsonschema.FormatChecker()
    validator = jsonschema.Draft202012Validator(
        {**SCHEMAS[schema], "components": {"schemas": SCHEMAS}}, format_checker=checker
    )
    return [error.message for error in validator.iter_errors(message)]


def response(**message):
    return handle_message.handle_message(request(**message), Connections(), Recent([(5, json.dumps(KEPT))]))


@pytest.mark.parametrize(
    ("asked", "message", "schema"),
    [
        ("subscribe", {"action": "subscribe", "to": "users"}, "subscribed"),
        ("subscribe", {"action": "subscribe", "to": f"users/{ANN}", "after": 5}, "subscribed"),
        ("unsubscribe", {"action": "unsubscribe", "to": "users"}, "unsubscribed"),
        ("ping", {"action": "ping"}, "pong"),
    ],
)
def test_a_request_and_its_response_are_valid(asked, message, schema):
    assert complaints(message, asked) == []
    assert complaints(response(**message), schema) == []


def test_a_message_about_a_change_is_valid_and_its_schema_asks_for_all_of_it():
    assert complaints(KEPT, "update") == []
    for name in KEPT:
        assert complaints({key: value for key, value in KEPT.items() if key != name}, "update")
    assert complaints({**KEPT, "email": "ann@example.com"}, "update")


def test_the_document_has_each_type_of_event_and_each_code():
    codes = {
        error.code for error in vars(errors).values() if isinstance(error, type) and issubclass(error, SocketError)
    }
    assert set(SCHEMAS["update"]["properties"]["event"]["enum"]) == set(SCHEMA_VERSIONS)
    assert set(SCHEMAS["error"]["properties"]["code"]["enum"]) == codes | {InvalidMessage.code, "internal_error"}


def test_the_page_names_the_document():
    assert "live-updates.asyncapi.yaml" in page("docs/how-to/live-updates.md").text

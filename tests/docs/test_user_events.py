"""The schemas of the events are the code's: what the publisher makes is valid, and nothing is left out."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml

from tests.docs.pages import ROOT, page
from tests.unit.consumers.records import life, record, user
from users.actors import UNKNOWN
from users.events import DECIDED, SCHEMA_VERSIONS, UNSEEN_CHANGES, UPDATED, event_in
from users.user import FIELD_NAMES

SCHEMAS = json.loads((ROOT / "docs/reference/user-events.schema.json").read_text())
TYPES = SCHEMAS["$defs"].keys() - {"actor"}
EVENTS = [
    *(event_in(each, lambda *_: {"type": "key", "id": "abc"}) for each in life()),
    event_in(record(user(), user(email="b@example.com", version=2)), lambda *_: UNKNOWN),
]


def complaints(event, type_):
    strict = {**SCHEMAS["$defs"][type_], "$defs": SCHEMAS["$defs"], "additionalProperties": False}
    checker = jsonschema.Draft202012Validator(strict, format_checker=jsonschema.FormatChecker())
    return [error.message for error in checker.iter_errors(event)]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_is_valid_and_has_no_field_that_its_schema_lacks(event):
    assert complaints(event.detail, event.type) == []


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_with_another_field_or_without_one_is_not_valid(event):
    assert complaints({**event.detail, "name": "Ann"}, event.type)
    for name in SCHEMAS["$defs"][event.type]["required"]:
        assert complaints({key: value for key, value in event.detail.items() if key != name}, event.type)


def test_each_type_has_a_schema_and_a_message_and_a_row():
    document = yaml.safe_load((ROOT / "docs/reference/user-events.asyncapi.yaml").read_text())
    rows = set(re.findall(r"^\| `(User\w+)`", page("docs/reference/user-events.md").text, re.MULTILINE))
    assert TYPES == set(SCHEMA_VERSIONS) == set(document["channels"]["users"]["messages"]) == rows
    for name, message in document["channels"]["users"]["messages"].items():
        assert message["payload"]["$ref"] == f"user-events.schema.json#/$defs/{name}"


def test_the_versions_and_names_of_fields_are_the_code_s():
    for name, version in SCHEMA_VERSIONS.items():
        properties = SCHEMAS["$defs"][name]["properties"]
        assert properties["schemaVersion"]["const"] == version
        decided = DECIDED if name == UPDATED else ()
        assert set(properties["changed"]["items"]["enum"]) == {*FIELD_NAMES, *decided} - set(UNSEEN_CHANGES)


def test_the_page_names_every_field():
    text = page("docs/reference/user-events.md").text
    fields = {field for name in TYPES for field in SCHEMAS["$defs"][name]["properties"]}
    assert fields <= set(re.findall(r"`(\w+)`", text))

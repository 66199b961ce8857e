"""What a user is."""

from __future__ import annotations

import json

import pytest

from users.model import FIELDS, Changes
from users.user import FIELD_NAMES, User, changed_user, is_user_id, new_user
from wiring import new_uuid

NOW = "2026-01-01T00:00:00.000Z"
LATER = "2026-01-02T00:00:00.000Z"
ANN = {"name": "Ann", "email": "ann@example.com"}


def ann(**more):
    return new_user({**ANN, **more}, "id-1", NOW)


def test_a_new_user_has_its_members_in_the_contract_s_order():
    assert json.dumps(ann(age=30)) == json.dumps(
        {"userId": "id-1", "name": "Ann", "email": "ann@example.com", "age": 30, "createdAt": NOW, "updatedAt": NOW}
    )
    assert ann().version == 1
    assert ann().etag == '"1"'


def test_an_absent_member_is_absent():
    assert "age" not in ann()
    assert "age" not in User({**ann(), "age": None}, 1)


def test_what_only_the_database_needs_is_not_shown():
    assert set(User({**ann(), "version": 3, "lastWrite": "x"}, 3)) <= set(FIELDS)


def test_a_change_sets_removes_and_keeps():
    changed = changed_user(ann(age=30), Changes({"name": "Bob", "age": None}), LATER)
    assert changed == {"userId": "id-1", "name": "Bob", "email": ANN["email"], "createdAt": NOW, "updatedAt": LATER}
    assert changed.version == 2
    assert list(changed_user(ann(), Changes({"age": 5}), LATER)) == [name for name in FIELDS if name in {*ann(), "age"}]


def test_changes_are_what_to_set_to_remove_and_to_expect():
    changes = Changes({"name": "B", "age": None, "userId": "1", "createdAt": NOW, "updatedAt": NOW})
    assert changes.set == {"name": "B"}
    assert changes.removed == ["age"]
    assert changes.expected == {"userId": "1", "createdAt": NOW, "updatedAt": NOW}


def test_the_fields_are_the_contract_s():
    assert {name for name, field in FIELDS.items() if field.required} == {"name", "email"}
    assert {name for name, field in FIELDS.items() if field.read_only} == {"userId", "createdAt", "updatedAt"}
    assert set(FIELDS) == {"userId", "name", "email", "age", "createdAt", "updatedAt"}


def test_what_is_shown_are_the_fields_in_their_order():
    assert tuple(FIELDS) == FIELD_NAMES


def test_a_new_id_is_one():
    assert is_user_id(new_uuid())


ID = "342e543e-7b43-4414-9d7c-6e9ab75860a8"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not-a-uuid",
        ID.upper(),
        ID.replace("-", ""),
        "{" + ID + "}",
        "urn:uuid:" + ID,
        ID + "\n",
        " " + ID,
        ID[:-1],
        ID + "0",
        "342e543e7-b43-4414-9d7c-6e9ab75860a8",
        ID.replace("3", "٣"),
        ID.replace("a", "g"),
        "x" * 10_000,
    ],
)
def test_only_the_canonical_form_is_an_id(text):
    assert is_user_id(ID)
    assert not is_user_id(text)

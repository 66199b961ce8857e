"""PUT and PATCH /users/{userId}, parsed, called once and answered."""

from __future__ import annotations

import json

import pytest

from tests.unit.handlers.actions import NOBODY, got, made, updated
from users.errors import InvalidUser, UserNotFound
from utils.errors import PreconditionFailed


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_update_answers_the_whole_user_with_its_new_tag(store, method):
    user = made(store)
    response = updated(store, user["userId"], {"name": "Bea", "age": None}, method)
    changed = json.loads(response.body)
    assert response.status == 200
    assert response.headers["ETag"] == '"2"'
    assert changed == {
        **{k: v for k, v in user.items() if k != "age"},
        "name": "Bea",
        "updatedAt": changed["updatedAt"],
    }
    assert json.loads(got(store, user["userId"]).body) == changed


def test_update_takes_back_what_was_read(store):
    user = made(store)
    response = updated(store, user["userId"], {**user, "name": "Bea"})
    assert json.loads(response.body)["name"] == "Bea"


@pytest.mark.parametrize("name", ["userId", "createdAt", "updatedAt"])
def test_update_refuses_to_change_what_the_server_sets(store, name):
    user = made(store)
    with pytest.raises(InvalidUser) as caught:
        updated(store, user["userId"], {**user, name: "x"})
    assert [error["pointer"] for error in caught.value.errors] == [f"/{name}"]


def test_update_honours_if_match(store):
    user_id = made(store)["userId"]
    assert updated(store, user_id, {"age": 31}, **{"If-Match": '"1"'}).status == 200
    with pytest.raises(PreconditionFailed) as caught:
        updated(store, user_id, {"age": 32}, **{"If-Match": '"1"'})
    assert caught.value.headers == {"ETag": '"2"'}


def test_update_never_creates(store):
    for body in ({"age": 1}, {"email": "x@example.com"}):
        with pytest.raises(UserNotFound):
            updated(store, NOBODY, body)
    assert store.items(store.tables.users) == store.items(store.tables.keys) == []

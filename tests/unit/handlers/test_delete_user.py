"""DELETE /users/{userId}, parsed, called once and answered."""

from __future__ import annotations

import json

import pytest

from tests.unit.handlers.actions import deleted, made
from users.errors import UserNotFound
from utils.errors import PreconditionFailed


def test_delete_answers_who_is_gone(store):
    user_id = made(store)["userId"]
    response = deleted(store, user_id)
    assert (response.status, json.loads(response.body)) == (200, {"message": "User deleted.", "userId": user_id})
    assert store.items(store.tables.users) == store.items(store.tables.keys) == []


def test_delete_honours_if_match(store):
    user_id = made(store)["userId"]
    with pytest.raises(PreconditionFailed):
        deleted(store, user_id, **{"If-Match": '"2"'})
    assert deleted(store, user_id, **{"If-Match": '"1"'}).status == 200


def test_delete_twice_is_not_found(store):
    user_id = made(store)["userId"]
    deleted(store, user_id)
    with pytest.raises(UserNotFound):
        deleted(store, user_id)

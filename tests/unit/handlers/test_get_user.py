"""GET /users/{userId}, parsed, called once and answered."""

from __future__ import annotations

import json

import pytest

from tests.unit.handlers.actions import NOBODY, got, made
from users.errors import UserNotFound
from utils.errors import PreconditionFailed


def test_get_answers_the_user_with_its_tag(store):
    user = made(store)
    response = got(store, user["userId"])
    assert (response.status, json.loads(response.body)) == (200, user)
    assert response.headers["ETag"] == '"1"'
    assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"7", "1"', "*"])
def test_get_answers_304_to_who_has_it(store, tag):
    response = got(store, made(store)["userId"], **{"If-None-Match": tag})
    assert (response.status, response.body, response.headers["ETag"]) == (304, "", '"1"')


def test_get_answers_the_user_to_who_has_another_state(store):
    user_id = made(store)["userId"]
    assert got(store, user_id, **{"If-None-Match": '"2"'}).status == 200
    assert got(store, user_id, **{"If-Match": '"1"'}).status == 200
    with pytest.raises(PreconditionFailed) as caught:
        got(store, user_id, **{"If-Match": '"2"'})
    assert caught.value.headers == {"ETag": '"1"'}


@pytest.mark.parametrize("user_id", [NOBODY, "nobody"])
def test_get_of_nobody_is_not_found(store, user_id):
    with pytest.raises(UserNotFound):
        got(store, user_id)

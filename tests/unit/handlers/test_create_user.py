"""POST /users, parsed, called once and answered."""

from __future__ import annotations

import json

import pytest

from tests.unit.handlers.actions import ANN, created
from users.errors import EmailInUse, InvalidUser
from users.model import FIELDS
from utils.errors import IdempotencyKeyReused, InvalidHeader


def test_create_answers_201_with_the_user_where_it_is_and_its_tag(store):
    response = created(store)
    user = json.loads(response.body)
    assert response.status == 201
    assert list(user) == [name for name in FIELDS if name in {*ANN, "userId", "createdAt", "updatedAt"}]
    assert {name: user[name] for name in ANN} == ANN
    assert user["createdAt"] == user["updatedAt"]
    assert response.headers["Location"] == f"/Prod/users/{user['userId']}"
    assert response.headers["ETag"] == '"1"'
    assert response.headers["Cache-Control"] == "no-store"


def test_create_validates_before_it_writes(store):
    with pytest.raises(InvalidUser):
        created(store, {"name": ""})
    assert store.calls == []


def test_create_refuses_an_email_in_use(store):
    created(store)
    with pytest.raises(EmailInUse):
        created(store, {**ANN, "email": "ANN@EXAMPLE.com"})


def test_create_with_a_key_answers_the_same_again(store):
    first = created(store, **{"Idempotency-Key": "k"})
    again = created(store, dict(reversed(ANN.items())), **{"Idempotency-Key": "k"})
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers == {**first.headers, "Idempotency-Replayed": "true"}
    assert len(store.items(store.tables.users)) == 1


def test_create_with_a_key_used_for_another_body_is_refused(store):
    created(store, **{"Idempotency-Key": "k"})
    with pytest.raises(IdempotencyKeyReused):
        created(store, {**ANN, "age": 31}, **{"Idempotency-Key": "k"})


def test_create_with_a_key_that_is_none_is_refused(store):
    with pytest.raises(InvalidHeader):
        created(store, **{"Idempotency-Key": "a b"})
    assert store.calls == []

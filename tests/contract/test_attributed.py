"""Writes that name their caller, on every database: the item says it, or a tombstone, and nothing else changes."""

from __future__ import annotations

import pytest

from tests.unit.handlers.actions import ANN
from users.actors import UNKNOWN, remover
from users.attributed import AttributedUsers
from users.model import Changes
from utils.idempotency import IdempotencyKey
from utils.preconditions import precondition
from utils.response import ok

ANY = precondition({})


@pytest.fixture
def users(store):
    """The repository of a store, with callers."""
    return store.repository(AttributedUsers)


def created(store, users, caller="key:one"):
    users.by(caller).create(ANN, ok)
    [item] = store.items(store.tables.users)
    return item


def said_by(store):
    [item] = store.items(store.tables.users)
    token, _, caller = item["writtenBy"].partition(" ")
    assert token == item["lastWrite"]
    return caller


def test_a_creation_names_its_caller(store, users):
    created(store, users)
    assert said_by(store) == "key:one"


def test_a_creation_with_a_key_names_its_caller(store, users):
    users.by("key:one").create(ANN, ok, IdempotencyKey("key:one", "k", {}))
    assert said_by(store) == "key:one"


@pytest.mark.parametrize("changes", [{"name": "B"}, {"email": "b@example.com"}, {"email": f"{ANN['email']}"}])
def test_a_change_names_its_caller(store, users, changes):
    user_id = created(store, users)["userId"]
    users.by("sub:two").update(user_id, Changes(changes), ANY)
    assert said_by(store) == "sub:two"


def test_clients_do_not_see_the_caller(store, users):
    user_id = created(store, users)["userId"]
    assert "writtenBy" not in users.get(user_id)
    assert "writtenBy" not in users.update(user_id, Changes({"name": "B"}), ANY)


@pytest.mark.parametrize("versions", [1, 3])
def test_a_deletion_leaves_a_tombstone_that_names_its_caller(store, users, versions):
    user_id = created(store, users)["userId"]
    for _ in range(versions - 1):
        users.update(user_id, Changes({"name": "B"}), ANY)
    users.by("key:two").delete(user_id, ANY)
    assert store.items(store.tables.users) == []
    assert remover(store.call, store.tables.keys, user_id, versions) == {"type": "key", "id": "two"}
    assert remover(store.call, store.tables.keys, user_id, versions + 1) == UNKNOWN
    [tombstone] = [item for item in store.items(store.tables.keys) if item["key"].startswith("deleted#")]
    assert tombstone["expiresAt"] == int(store.now) + 16 * 24 * 60 * 60


def test_a_deletion_that_fails_leaves_no_tombstone(store, users):
    user_id = created(store, users)["userId"]
    store.before = lambda operation, _: (
        store.put(store.tables.users, {**store.items(store.tables.users)[0], "version": 9})
        if operation == "TransactWriteItems"
        else None
    )
    with pytest.raises(Exception):  # noqa: B017 - the user changes before each try
        users.by("key:two").delete(user_id, precondition({"if-match": '"1"'}))
    assert [item for item in store.items(store.tables.keys) if item["key"].startswith("deleted#")] == []


def test_without_a_tombstone_the_caller_is_unknown(store):
    assert remover(store.call, store.tables.keys, "nobody", 1) == UNKNOWN


def test_the_calls_are_those_of_the_plain_repository(store, users):
    def life(repository):
        del store.calls[:]
        repository.create(ANN, ok)
        user_id = store.items(store.tables.users)[0]["userId"]
        repository.update(user_id, Changes({"name": "B"}), ANY)
        repository.update(user_id, Changes({"email": "b@example.com"}), ANY)
        repository.delete(user_id, ANY)
        return [operation for operation, _ in store.calls]

    assert life(users.by("key:one")) == life(store.users)


@pytest.mark.parametrize(
    ("email", "kept"), [("b@example.com", False), (str(ANN["email"]).upper(), False), (ANN["email"], True)]
)
def test_another_email_is_not_verified(store, users, email, kept):
    user_id = created(store, users)["userId"]
    store.call("UpdateItem", {
        "TableName": store.tables.users,
        "Key": {"userId": {"S": user_id}},
        "UpdateExpression": "SET emailVerified = email",
    })  # fmt: skip
    users.update(user_id, Changes({"email": email}), ANY)
    [item] = store.items(store.tables.users)
    assert ("emailVerified" in item) == kept

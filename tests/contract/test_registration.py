"""People who sign in get one record each, on every database, however often and however many at once they are told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.handlers.actions import ANN
from users.attributed import AttributedUsers
from users.model import Changes
from users.people import People
from users.registration import Person, Registration, SignInRefused
from utils.preconditions import precondition
from utils.response import ok

ANY = precondition({})


def repository(store, kind=Registration):
    return store.repository(kind)


@pytest.fixture
def register(store):
    """Register a person; the id of the record."""

    def call(subject="one", email=ANN["email"], verified=True, name=ANN["name"]):
        person = Person(subject, email, email_verified=verified, name=name)
        return repository(store).register(person, People(store._call, store.tables.keys))

    return call


@pytest.fixture
def existing(store):
    """A record that an administrator has created; its id."""
    made = []
    repository(store, AttributedUsers).create(ANN, lambda user: made.append(user) or ok(user))
    return made[-1]["userId"]


def people(store):
    return [item for item in store.items(store.tables.keys) if item["key"].startswith("subject#")]


def test_a_new_person_gets_a_record(store, register):
    user_id = register()
    [item] = store.items(store.tables.users)
    assert (item["userId"], item["name"], item["email"], item["subject"]) == (user_id, ANN["name"], ANN["email"], "one")
    assert item["writtenBy"].endswith(" sub:one")
    [person] = people(store)
    assert (person["userId"], person["email"]) == (user_id, ANN["email"])


def test_a_record_with_the_email_is_linked(store, register, existing):
    assert register() == existing
    [item] = store.items(store.tables.users)
    assert (item["subject"], item["version"]) == ("one", 2)


def test_twice_is_once(store, register, existing):
    register()
    before = store.items(store.tables.users), store.items(store.tables.keys)
    assert register() == existing
    assert (store.items(store.tables.users), store.items(store.tables.keys)) == before


def test_nothing_to_do_costs_one_read(store, register):
    register()
    asked = []
    call = store._call
    store._call = lambda operation, request: asked.append(operation) or call(operation, request)
    register()
    assert asked == ["GetItem"]


def test_three_at_once_make_one_record(store, register):
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(register) for _ in range(3)]
    assert len({call.result() for call in calls}) == 1
    assert len(store.items(store.tables.users)) == len(people(store)) == 1


def test_an_email_that_is_not_verified_gets_no_record(store, register, existing):
    with pytest.raises(SignInRefused):
        register(verified=False)
    assert people(store) == []


def test_the_record_of_another_person_is_not_taken(store, register):
    register("one")
    with pytest.raises(SignInRefused):
        register("two")
    assert len(people(store)) == 1


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\u202eb"])
def test_a_name_that_breaks_the_rules_is_replaced(store, register, name):
    register(name=name, email="kathleen@example.com")
    [item] = store.items(store.tables.users)
    assert item["name"] == "kathleen"


def test_an_email_that_breaks_our_rules_is_refused(register):
    with pytest.raises(SignInRefused, match="email"):
        register(email="a@localhost")


def test_a_changed_email_follows(store, register):
    user_id = register()
    assert register(email="new@example.com") == user_id
    [item] = store.items(store.tables.users)
    assert item["email"] == "new@example.com"
    assert people(store)[0]["email"] == "new@example.com"
    assert not [item for item in store.items(store.tables.keys) if item["key"] == f"email#{ANN['email']}"]


def test_a_changed_email_that_is_not_verified_waits(store, register):
    register()
    register(email="new@example.com", verified=False)
    [item] = store.items(store.tables.users)
    assert item["email"] == ANN["email"]


def test_an_email_of_another_cannot_be_taken_by_changing_it(store, register):
    register("one")
    register("two", email="two@example.com")
    with pytest.raises(SignInRefused, match="Another user"):
        register("two", email=ANN["email"])


def test_the_email_that_an_administrator_set_stays_until_the_sign_in_changes(store, register):
    user_id = register()
    repository(store).by("sub:admin").update(user_id, Changes({"email": "set@example.com"}), ANY)
    register()
    [item] = store.items(store.tables.users)
    assert item["email"] == "set@example.com"


def test_a_deleted_person_is_not_brought_back(store, register):
    users = repository(store)
    users.delete(register(), ANY)
    with pytest.raises(SignInRefused, match="deleted"):
        register()
    assert store.items(store.tables.users) == []

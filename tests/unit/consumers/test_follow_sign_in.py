"""The consumer that sets the user pool to what a record says of its person."""

from __future__ import annotations

import itertools

import pytest

from consumers.follow_sign_in import follow_sign_in
from dynamodb.values import to_item
from users.standing import standing
from utils.consumer import Event, Unprocessable

KEY = {"type": "key", "id": "one"}
SELF = {"type": "person", "id": "a"}


class Pool:
    """A pool with one person, who is signed in, disabled by nobody, and in a group by hand."""

    def __init__(self):
        self.state = {"enabled": True, "email": "old@example.com", "admin": True, "signed in": True}
        self.taken = False

    def delete(self, subject):
        assert subject == "a"
        self.state = None

    def disable(self, _subject):
        self._set("enabled", False)

    def enable(self, _subject):
        self._set("enabled", True)

    def sign_out(self, _subject):
        self._set("signed in", False)

    def set_member(self, _subject, _group, member):
        self._set("admin", member)

    def set_email(self, _subject, email):
        if not self.taken:
            self._set("email", email)
        return not self.taken

    def _set(self, name, value):
        if self.state is not None:
            self.state[name] = value


def event(*changed, actor=KEY, type_="UserUpdated"):
    detail = {"id": "1", "schemaVersion": 1, "time": "2026-11-29T15:59:00.000Z", "userId": "u"}
    return Event(type_, {**detail, "changed": list(changed), "actor": actor})


def follow(pool, record, *events, tombstone=None):
    tables = {"users": record, "keys": tombstone}

    def call(_operation, request):
        item = tables[request["TableName"]]
        return {"Item": to_item(item)} if item else {}

    for each in events:
        follow_sign_in(each, lambda user_id: standing(call, "users", "keys", user_id), pool)
    return pool.state


def record(**more):
    return {"userId": "u", "email": "new@example.com", "subject": "a", **more}


START = Pool().state


@pytest.mark.parametrize(
    ("item", "told", "expected"),
    [
        (record(status="disabled"), event("status"), {"enabled": False}),
        (record(status="disabled"), event("name"), {"enabled": False}),
        (record(roles=""), event("roles"), {"admin": False}),
        (record(roles="admins"), event("roles"), {"admin": True}),
        (record(signedOutAt=5), event("signedOutAt"), {"signed in": False}),
        (record(signedOutAt=5), event("name"), {}),
        (record(), event("email"), {"email": "new@example.com"}),
        (record(), event("email", actor=SELF), {}),
        (record(), event("email", actor={"type": "unknown"}), {"email": "new@example.com"}),
        (record(), event("name"), {}),
        (record(), event(type_="UserDeleted"), {}),
        ({"userId": "u", "email": "new@example.com", "status": "disabled"}, event("status", "email"), {}),
    ],
)
def test_the_pool_follows_the_record(item, told, expected):
    assert follow(Pool(), item, told) == {**START, **expected}


def test_who_is_enabled_again_can_sign_in():
    pool = Pool()
    pool.disable("a")
    assert follow(pool, record(), event("status"))["enabled"]


def test_who_was_disabled_in_the_pool_alone_stays_so():
    pool = Pool()
    pool.disable("a")
    assert not follow(pool, record(), event("name"))["enabled"]


@pytest.mark.parametrize("type_", ["UserDeleted", "UserUpdated"])
def test_a_deleted_person_is_forgotten(type_):
    assert follow(Pool(), None, event(type_=type_), tombstone={"key": "deleted#u", "subject": "a"}) is None


@pytest.mark.parametrize("tombstone", [None, {"key": "deleted#u"}])
def test_a_deleted_record_of_nobody_needs_nothing(tombstone):
    assert follow(Pool(), None, event(type_="UserDeleted"), tombstone=tombstone) == START


def test_an_email_of_another_person_is_for_a_person():
    pool = Pool()
    pool.taken = True
    with pytest.raises(Unprocessable, match="another person"):
        follow(pool, record(status="disabled"), event("email", "status"))
    assert not pool.state["enabled"]


def test_any_order_and_repetition_ends_the_same():
    told = [event("status"), event("status"), event("roles"), event("email"), event("name", actor=SELF)]
    item = record(status="disabled", roles="")
    ends = [follow(Pool(), item, *order, *order) for order in itertools.permutations(told)]
    assert all(end == ends[0] for end in ends)

"""What is an event: what clients see, and no more."""

from __future__ import annotations

import pytest

from tests.unit.consumers.records import life, record, user
from users.actors import UNKNOWN
from users.events import NotOfAUser, UnreadableRecord, event_in


def nobody(_user_id, _version):
    return UNKNOWN


def events(records, removed_by=nobody):
    return [event_in(each, removed_by) for each in records]


def test_a_life_is_three_events_in_the_order_of_their_versions():
    found = events(life())
    assert [(it.type, it.detail["userVersion"]) for it in found] == [
        ("UserCreated", 1),
        ("UserUpdated", 2),
        ("UserDeleted", 3),
    ]


def test_an_event_has_ids_and_names_of_fields():
    created, updated, _ = events(life())
    assert created.detail == {
        "id": created.detail["id"],
        "schemaVersion": 1,
        "userId": user()["userId"],
        "userVersion": 1,
        "time": "2026-11-26T12:00:00.000Z",
        "changed": ["name", "email", "age", "createdAt"],
        "actor": {"type": "unknown"},
    }
    assert updated.detail["changed"] == ["name"]
    assert updated.detail["time"] == "2026-11-26T12:00:01.000Z"


def test_the_only_value_in_an_event_is_an_email_that_the_table_has_no_more():
    changed = record(user(), user(email="lee@example.com", name="Lee", version=2))
    [moved] = events([changed])
    gone = events(life())[2]
    assert moved.detail["previousEmail"] == gone.detail["email"] == "ann@example.com"
    assert "Ann" not in str([it.detail for it in events(life())])
    assert "lee@" not in str(moved.detail)


def test_an_id_is_the_same_for_every_repetition_and_differs_between_events():
    records = [*life(1), *life(2)]
    ids = [it.detail["id"] for it in events(records)]
    again = [it.detail["id"] for it in events([*life(1), *life(2)])]  # other records, of the same writes
    assert ids == again
    assert len(set(ids)) == 6


def test_writes_of_another_tool_that_keep_the_version_have_ids_of_their_own():
    first, second, third = user(version=None), user(version=None, name="B"), user(version=None, name="C")
    one, two = events([record(first, second), record(second, third)])
    assert one.detail["id"] != two.detail["id"]


def test_a_write_that_clients_cannot_see_is_no_event():
    assert events([record(user(), user(lastWrite="token-2")), record(user(), user(note="of another tool"))]) == [
        None,
        None,
    ]


def test_a_write_that_changes_only_the_version_is_an_event():
    [event] = events([record(user(), user(version=2, updatedAt="2026-11-26T12:00:01.000Z"))])
    assert (event.type, event.detail["changed"]) == ("UserUpdated", [])


@pytest.mark.parametrize(
    ("old", "new", "type_"),
    [
        (None, user(name=None), None),
        (user(name=None), user(email=None), None),
        (user(name=None), user(), "UserCreated"),
        (user(), user(name=None), "UserDeleted"),
        (user(name=None), None, None),
    ],
)
def test_an_item_that_clients_do_not_see_is_no_user(old, new, type_):
    if type_ is None:
        with pytest.raises(NotOfAUser):
            event_in(record(old, new), nobody)
    else:
        assert event_in(record(old, new), nobody).type == type_


def test_the_key_of_another_tool_s_item_is_not_told():
    item = {"userId": "ann@example.com", "name": "x"}
    with pytest.raises(NotOfAUser, match="sha256:"):
        event_in(record(None, item), nobody)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        None,
        [],
        "text",
        {**life()[0], "eventName": "RENAME"},
        {**life()[0], "dynamodb": None},
        {**life()[0], "dynamodb": {"Keys": {"userId": {"S": "1"}}, "SequenceNumber": "1"}},
        {**life()[0], "dynamodb": {"Keys": {"id": {"S": "1"}}, "SequenceNumber": "1", "NewImage": {}}},
    ],
)
def test_a_record_of_another_kind_is_told_apart(broken):
    with pytest.raises(UnreadableRecord):
        event_in(broken, nobody)


def test_the_caller_of_a_write_is_the_actor():
    [event] = events([record(None, user(writtenBy="token-1 key:abc"))])
    assert event.detail["actor"] == {"type": "key", "id": "abc"}


def test_the_caller_of_an_earlier_write_is_not_the_actor():
    before = user(writtenBy="token-1 key:abc")
    by_another_tool = {**before, "name": "B"}
    without_events = {**before, "name": "B", "version": 2, "lastWrite": "token-2"}
    for after in (by_another_tool, without_events):
        [event] = events([record(before, after)])
        assert event.detail["actor"] == {"type": "unknown"}


def test_who_deleted_a_user_is_looked_up():
    asked = []

    def removed_by(user_id, version):
        asked.append((user_id, version))
        return {"type": "key", "id": "abc"}

    [event] = events([record(user(version=7), None)], removed_by)
    assert event.detail["actor"] == {"type": "key", "id": "abc"}
    assert asked == [(user()["userId"], 7)]


def test_a_service_of_aws_that_removes_a_user_is_the_actor():
    identity = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    [event] = events([record(user(), None, userIdentity=identity)])
    assert event.detail["actor"] == {"type": "service", "id": "dynamodb.amazonaws.com"}

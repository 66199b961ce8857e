"""Pictures that are not shown any more are removed, and no others, on a real bucket and database."""

from __future__ import annotations

import pytest

from consumers import remove_pictures
from consumers.remove_pictures import remove_replaced, remove_user
from dynamodb.values import to_item
from pictures.keys import picture_keys, upload_key
from tests.support.pictures import Studio
from utils.consumer import Event


@pytest.fixture(scope="module")
def studio(emulator):
    return Studio(emulator)


@pytest.fixture
def user(studio):
    """A user with three pictures in the bucket and an upload."""
    user = studio.user()
    for ticket in ("1-a", "2-b", "3-c"):
        for key in picture_keys(user, ticket, "d").values():
            studio.store.put(key, b"x", "image/webp")
    studio.store.put(upload_key(user, "4-d"), b"x", "image/webp")
    return user


def change(user, ticket=None, **more):
    """The stream record of a change of the record to this ticket, or of its end."""
    image = {"NewImage": to_item({"userId": user, "ticket": ticket, **more})} if ticket else {}
    return {
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": to_item({"userId": user}), "SequenceNumber": "1", **image},
    }


def left(studio, user):
    return sorted({key.split("/")[2] for key in studio.keys(f"pictures/{user}/")})


@pytest.mark.parametrize("times", [1, 3])
def test_a_new_picture_removes_the_earlier_ones_and_leaves_later_ones(studio, user, times):
    for _ in range(times):
        assert remove_replaced([change(user, "2-b", digest="d")], studio.store) is None
    assert left(studio, user) == ["2-b", "3-c"]


def test_a_late_change_removes_nothing_that_is_shown(studio, user):
    remove_replaced([change(user, "3-c", digest="d"), change(user, "1-a", digest="d")], studio.store)
    assert left(studio, user) == ["3-c"]


def test_a_removal_removes_all_earlier_ones(studio, user):
    remove_replaced([change(user, "3-c~")], studio.store)
    assert left(studio, user) == []


def test_the_end_of_a_record_removes_all_pictures(studio, user):
    remove_replaced([change(user)], studio.store)
    assert left(studio, user) == []


def test_the_objects_of_others_stay(studio, user):
    other = studio.user()
    studio.store.put(picture_keys(other, "1-a", "d")[128], b"x", "image/webp")
    remove_replaced([change(user)], studio.store)
    assert left(studio, other) == ["1-a"]


@pytest.mark.parametrize("times", [1, 3])
def test_with_a_user_all_of_its_objects_go_and_its_record(studio, user, times):
    studio.records.point(user, "3-c", "d")
    event = Event("UserDeleted", {"id": "1", "schemaVersion": 1, "time": "", "userId": user})
    for _ in range(times):
        remove_user(event, studio.store, studio.records)
    assert studio.keys(f"pictures/{user}/") + studio.keys(f"uploads/{user}/") == []
    assert "Item" not in studio.dynamodb.get_item(TableName=studio.table, Key=to_item({"userId": user}))


class Context:
    def get_remaining_time_in_millis(self):
        return 10_000


@pytest.mark.parametrize(
    ("batch", "failed"),
    [
        ({"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "7"}}, "7"),
        ({"eventSource": "aws:sqs", "messageId": "m", "body": "{}"}, "m"),
    ],
)
def test_each_source_is_told_in_its_own_way_what_to_send_again(batch, failed, monkeypatch):
    for name in ("PICTURES_BUCKET", "FAILURES_QUEUE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    answer = remove_pictures.lambda_handler({"Records": [batch]}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed}]}

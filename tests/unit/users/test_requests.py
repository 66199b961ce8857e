"""What the repository asks of the database: reads that see every answered write, and nothing more than it needs."""

from __future__ import annotations

import pytest

from dynamodb.values import to_item
from tests.unit.handlers.actions import created, deleted, got, listed, made, updated
from tests.unit.users.memory_store import memory_store


@pytest.fixture
def store():
    return memory_store()


def calls(store, action):
    store.calls.clear()
    action()
    return [operation for operation, _ in store.calls]


def test_each_operation_makes_its_calls_and_no_more(store):
    user_id = made(store)["userId"]
    assert calls(store, lambda: made(store, email="b@example.com")) == ["TransactWriteItems"]
    assert calls(store, lambda: got(store, user_id)) == ["GetItem"]
    assert calls(store, lambda: listed(store)) == ["Scan"]
    assert calls(store, lambda: updated(store, user_id, {"name": "B"})) == ["UpdateItem"]
    assert calls(store, lambda: updated(store, user_id, {"email": "ANN@example.com"})) == ["GetItem", "UpdateItem"]
    assert calls(store, lambda: updated(store, user_id, {"email": "c@example.com"})) == [
        "GetItem",
        "TransactWriteItems",
    ]
    assert calls(store, lambda: deleted(store, user_id)) == ["GetItem", "TransactWriteItems"]


def test_every_read_is_consistent(store):
    user_id = made(store)["userId"]
    made(store, email="b@example.com")
    store.calls.clear()
    got(store, user_id)
    listed(store, "limit=1")
    deleted(store, user_id)
    reads = [request for operation, request in store.calls if operation in ("GetItem", "Scan")]
    assert [request["ConsistentRead"] for request in reads] == [True] * 4


def test_a_page_that_the_database_cut_short_goes_on_where_it_stopped(store):
    """A Scan reads at most 1 MB, whatever its limit."""
    users = [made(store, email=f"{n}@example.com") for n in range(3)]
    whole = store.call

    def cut(operation, request):
        page = whole(operation, request)
        if operation == "Scan":
            page["Items"] = page["Items"][:2]
            page["LastEvaluatedKey"] = to_item({"userId": page["Items"][-1]["userId"]["S"]})
        return page

    store.call = cut
    found, last = store.users.list(5)
    assert last == found[-1]["userId"]
    assert len(found) == 2
    store.call = whole
    rest, last = store.users.list(5, last)
    assert last is None
    assert sorted(user["userId"] for user in found + rest) == sorted(user["userId"] for user in users)


def test_a_write_that_meets_another_pauses_longer_each_time(store):
    user_id = made(store)["userId"]
    busy = iter(range(2))

    def meanwhile(operation, request):
        if operation == "TransactWriteItems" and next(busy, None) is not None:
            store.before = None
            updated(store, user_id, {"age": 7})
            store.before = meanwhile

    store.before = meanwhile
    deleted(store, user_id)
    assert store.pauses == [0, 1]


def test_a_kept_answer_names_the_user_it_made(store):
    user_id = created(store, **{"Idempotency-Key": "k"}).headers["Location"].rpartition("/")[2]
    [record] = [item for item in store.items(store.tables.keys) if item["key"].startswith("request#")]
    assert record["userId"] == user_id

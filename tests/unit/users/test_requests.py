"""What the repository asks of the database: reads that see every answered write, and nothing more than it needs."""

from __future__ import annotations

import pytest

from dynamodb.errors import Unavailable
from dynamodb.values import to_item
from tests.unit.handlers.actions import created, deleted, got, listed, made, updated
from tests.unit.users.memory_store import memory_store
from users.errors import InvalidUser
from users.reading import AnswerLost, available
from users.refusals import BrokenClaim
from utils.errors import ServiceUnavailable


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


def test_a_transaction_says_what_it_does(store):
    user_id = made(store)["userId"]
    store.calls.clear()
    updated(store, user_id, {"email": "c@example.com"})
    deleted(store, user_id)
    transactions = [request["TransactItems"] for operation, request in store.calls if operation == "TransactWriteItems"]
    assert [[kind for action in actions for kind in action] for actions in transactions] == [
        ["Update", "Put", "Delete"],
        ["Delete", "Delete"],
    ]


@pytest.mark.parametrize(
    "action", [deleted, lambda store, user_id: updated(store, user_id, {"email": "c@example.com"})]
)
def test_a_claim_that_names_another_is_never_taken_away(store, action):
    user_id = made(store)["userId"]
    foreign = {"key": "email#ann@example.com", "userId": "another"}
    store.put(store.tables.keys, foreign)
    with pytest.raises(BrokenClaim):
        action(store, user_id)
    assert store.items(store.tables.keys) == [foreign]
    assert len(store.items(store.tables.users)) == 1


@pytest.mark.parametrize("name", ["userId", "createdAt"])
def test_a_member_that_cannot_be_changed_is_named(store, name):
    user = made(store)
    with pytest.raises(InvalidUser) as caught:
        updated(store, user["userId"], {"age": 1, name: "x"})
    assert caught.value.detail == f"{name} is set by the server and cannot be changed."


def test_a_member_of_the_user_is_not_taken_for_one_of_another(store):
    user = made(store)
    assert updated(store, user["userId"], {"age": 1, "userId": user["userId"]}).status == 200


def test_an_update_whose_answer_is_lost_is_looked_for(store):
    user_id = made(store)["userId"]
    answered = store.call

    def lose(operation, request):
        answer = answered(operation, request)
        if operation == "UpdateItem":
            raise Unavailable("NoResponse", uncertain=True)
        return answer

    store.call = lose
    assert calls(store, lambda: updated(store, user_id, {"name": "B"})) == ["UpdateItem", "GetItem"]
    store.call = answered
    assert store.users.get(user_id).version == 2


def test_an_update_that_never_arrived_is_made_on_the_version_there_is(store):
    user_id = made(store)["userId"]
    store.now += 3600
    answered = store.call

    def lose(operation, request):
        store.call = answered
        raise Unavailable("NoResponse", uncertain=True)

    store.call = lose
    assert calls(store, lambda: updated(store, user_id, {"name": "B"})) == ["UpdateItem", "GetItem", "UpdateItem"]
    assert store.pauses == [0]
    assert "#version = :" in store.calls[-1][1]["ConditionExpression"]
    assert store.users.get(user_id).version == 2


@pytest.mark.parametrize(("uncertain", "kind"), [(True, AnswerLost), (False, ServiceUnavailable)])
def test_an_answer_that_may_be_lost_is_told_from_one_that_never_was(uncertain, kind):
    error = Unavailable("NoResponse", uncertain=uncertain)

    def call(operation, request):
        raise error

    with pytest.raises(ServiceUnavailable) as caught:
        available(call)("GetItem", {})
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error


def test_a_new_id_is_tried_after_a_pause_when_one_is_taken(store):
    taken = made(store)["userId"]
    store.ids = iter([taken, "11111111-1111-4111-8111-111111111111"])
    assert made(store, email="b@example.com")["userId"].startswith("1111")
    assert store.pauses == [0]

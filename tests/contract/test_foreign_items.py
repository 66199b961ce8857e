"""Items that another tool wrote among the users, on every database: theirs is left alone, ours works."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from dynamodb.errors import Unavailable
from tests.contract.conftest import START, Store
from tests.contract.test_repository import ADA, BOB, FREE, NOBODY, interfere, new, update
from users.errors import EmailInUse, InvalidUser, UserNotFound
from utils.errors import PreconditionFailed, ServiceUnavailable
from utils.preconditions import Precondition
from utils.timestamps import rfc3339

NOW = rfc3339(START)
WHOLE: dict[str, Any] = {
    "userId": {"S": NOBODY},
    "name": {"S": "Eve"},
    "email": {"S": "eve@example.com"},
    "age": {"N": "40"},
    "createdAt": {"S": "2026-01-01T00:00:00.000Z"},
    "updatedAt": {"S": "2026-01-01T00:00:00.000Z"},
    "version": {"N": "3"},
    "lastWrite": {"S": "x"},
}
EVE = {"userId": NOBODY, "name": "Eve", "email": "eve@example.com", "age": 40}
# What DynamoDB's global tables (version 2017.11.29) write beside our attributes, and a value of every other type.
STRANGE: dict[str, Any] = {
    "aws:rep:deleting": {"BOOL": False},
    "aws:rep:updatetime": {"N": "1790000000.123001"},
    "aws:rep:updateregion": {"S": "eu-west-1"},
    "aMap": {"M": {"a": {"L": [{"N": "1"}, {"NULL": True}]}}},
    "aSet": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1"]},
    "bytes": {"B": "AAE="},
    "nothing": {"NULL": True},
    "empty": {"S": ""},
}
NULL = {"NULL": True}

Item = dict[str, Any]


def item(**changed: Any) -> Item:
    """A whole user's item with some attributes changed; None takes one away."""
    return {name: value for name, value in {**WHOLE, **changed}.items() if value is not None}


def write(store: Store, made: Item, claimed: bool = True) -> str:
    """Let another tool write an item, and the claim of its email if it has one; the item's key."""
    store.call("PutItem", {"TableName": store.tables.users, "Item": made})
    if claimed and "S" in made.get("email", {}):
        store.put(store.tables.keys, {"key": f"email#{made['email']['S']}", "userId": made["userId"]["S"]})
    key: str = made["userId"]["S"]
    return key


def raw(store: Store, user_id: str = NOBODY) -> Item:
    """The item as it is."""
    request = {"TableName": store.tables.users, "Key": {"userId": {"S": user_id}}, "ConsistentRead": True}
    found: Item = store.call("GetItem", request).get("Item", {})
    return found


@pytest.fixture(autouse=True)
def _empty_again(store: Store):
    """The store empties itself by values of our types only."""
    yield
    for found in store.call("Scan", {"TableName": store.tables.users})["Items"]:
        store.remove(store.tables.users, {"userId": found["userId"]["S"]})


SKIPPED = {
    "strange attributes": STRANGE,
    "age null": {"age": NULL},
    "age a fraction": {"age": {"N": "30.5"}},
    "age a text": {"age": {"S": "30"}},
    "age true": {"age": {"BOOL": True}},
    "no version": {"version": None},
    "version null": {"version": NULL},
    "version bytes": {"version": {"B": "AAE="}},
    "version a map": {"version": {"M": {}}},
    "version a text": {"version": {"S": "3"}},
    "version a fraction": {"version": {"N": "2.5"}},
    "version negative": {"version": {"N": "-4"}},
    "version zero": {"version": {"N": "0"}},
    "version a time in nanoseconds": {"version": {"N": "1790000000123456789"}},
    "no lastWrite": {"lastWrite": None},
    "lastWrite null": {"lastWrite": NULL},
    "times of another form": {"createdAt": {"S": "January 1"}, "updatedAt": {"S": "yesterday"}},
    "created after it was updated": {"createdAt": {"S": "2026-02-01T00:00:00.000Z"}},
    "a name that starts with a space": {"name": {"S": " Eve"}},
}
LACKING = {
    "no email": {"email": None},
    "email null": {"email": NULL},
    "email a number": {"email": {"N": "1"}},
    "no name": {"name": None},
    "name a map": {"name": {"M": {}}},
    "no createdAt": {"createdAt": None},
    "no updatedAt": {"updatedAt": None},
    "no times": {"createdAt": None, "updatedAt": {"N": "1790000000"}},
    "nothing but its key": {name: None for name in WHOLE if name != "userId"},
}


@pytest.mark.parametrize("changed", SKIPPED.values(), ids=list(SKIPPED))
class TestWhatIsSkipped:
    def test_the_user_is_read_and_listed(self, store: Store, changed: Item) -> None:
        write(store, item(**changed))
        user = store.users.get(NOBODY)
        assert (user["userId"], user["name"].strip(), user["email"]) == (NOBODY, "Eve", "eve@example.com")
        assert user.get("age", 40) == 40
        assert ("age" in user) == ("age" not in changed)
        assert user.version >= 1
        assert store.users.list(10) == ([user], None)

    @pytest.mark.parametrize(
        "members", [{"age": 7}, {"email": "new@example.com", "age": 7}, {"email": "EVE@example.com", "age": 7}]
    )
    def test_it_is_changed_and_all_else_is_kept(self, store: Store, changed: Item, members: Item) -> None:
        write(store, item(**changed))
        before, left = store.users.get(NOBODY), raw(store)
        after = update(store, NOBODY, members)
        assert {**after, "updatedAt": ""} == {**before, **members, "updatedAt": ""}
        assert after.version == before.version + 1
        assert after == store.users.get(NOBODY)
        assert store.users.get(NOBODY).version == after.version
        assert after["updatedAt"] == NOW
        ours = {*members, "updatedAt", "version", "lastWrite"}
        kept = {name: value for name, value in raw(store).items() if name not in ours}
        assert kept == {name: value for name, value in left.items() if name not in ours}
        assert store.claims() == {after["email"].lower(): NOBODY}

    def test_its_tag_is_one_that_a_write_may_ask_for(self, store: Store, changed: Item) -> None:
        write(store, item(**changed))
        version, before = store.users.get(NOBODY).version, raw(store)
        with pytest.raises(PreconditionFailed) as caught:
            update(store, NOBODY, {"age": 7}, Precondition(match=[version + 1]))
        assert caught.value.headers["ETag"] == f'"{version}"'
        assert raw(store) == before
        assert update(store, NOBODY, {"age": 7}, Precondition(match=[version])).version == version + 1
        with pytest.raises(PreconditionFailed):
            update(store, NOBODY, {"age": 8}, Precondition(match=[version]))

    def test_it_is_deleted_and_its_email_freed(self, store: Store, changed: Item) -> None:
        write(store, item(**changed))
        version = store.users.get(NOBODY).version
        with pytest.raises(PreconditionFailed):
            store.users.delete(NOBODY, Precondition(match=[version + 1]))
        store.users.delete(NOBODY, Precondition(match=[version]))
        assert (raw(store), store.claims()) == ({}, {})


@pytest.mark.parametrize("changed", LACKING.values(), ids=list(LACKING))
class TestWhatLacksSomething:
    def test_it_is_no_user_to_readers_and_logged_by_id(self, store: Store, changed: Item, caplog) -> None:
        write(store, item(**changed), claimed=False)
        with pytest.raises(UserNotFound):
            store.users.get(NOBODY)
        assert store.users.list(10) == ([], None)
        assert [record.userIds for record in caplog.records] == [[NOBODY]] * 2

    @pytest.mark.parametrize("whole", [False, True])
    def test_a_write_that_gives_what_it_lacks_makes_it_a_user(self, store: Store, changed: Item, whole: bool) -> None:
        write(store, item(**changed), claimed=False)
        missing = {"name", "email"} & set(changed)
        given = {"name": "Eva", "email": "eva@example.com"}
        members = {"age": 7, **{name: given[name] for name in given if whole or name in missing}}
        user = update(store, NOBODY, members)
        assert store.users.get(NOBODY) == user == store.users.list(10)[0][0]
        assert {name: user[name] for name in members} == members
        assert NOW >= user["updatedAt"] >= user["createdAt"]
        assert user["createdAt"] in (NOW, "2026-01-01T00:00:00.000Z")
        if "email" in members:
            assert store.claims() == {"eva@example.com": NOBODY}

    def test_a_write_that_does_not_is_told_what_is_missing_and_changes_nothing(
        self, store: Store, changed: Item
    ) -> None:
        missing = [name for name in ("name", "email") if name in changed]
        write(store, item(**changed), claimed=False)
        if not missing:
            return
        for members in ({"age": 7}, {missing[0]: "eva@example.com", "age": None} if missing[1:] else {"age": None}):
            with pytest.raises(InvalidUser) as caught:
                update(store, NOBODY, members)
            wanted = [name for name in missing if name not in members]
            assert [(error["pointer"], error["code"]) for error in caught.value.errors] == [
                (f"/{name}", "required") for name in wanted
            ]
        assert raw(store) == item(**changed)

    def test_it_can_be_deleted(self, store: Store, changed: Item) -> None:
        write(store, item(**changed), claimed=False)
        store.users.delete(NOBODY, FREE)
        assert raw(store) == {}


@pytest.mark.parametrize("email", ["", "plain", "@", "a@b@c", "\u0301a@\u0301a.de", "e" * 3000 + "@example.com"])
class TestAnEmailThatBreaksItsRule:
    def test_it_is_shown_changed_and_let_go(self, store: Store, email: str) -> None:
        write(store, item(email={"S": email}), claimed=False)
        assert store.users.get(NOBODY)["email"] == email
        assert update(store, NOBODY, {"age": 7})["email"] == email
        assert update(store, NOBODY, {"email": "eva@example.com"})["email"] == "eva@example.com"
        assert store.claims() == {"eva@example.com": NOBODY}

    def test_its_user_can_be_deleted(self, store: Store, email: str) -> None:
        write(store, item(email={"S": email}), claimed=False)
        store.users.delete(NOBODY, FREE)
        assert raw(store) == {}


KEYS = ["users#1", "ann@example.com", NOBODY.upper().replace("0", "A"), "{" + NOBODY + "}", "0"]


class TestAList:
    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_its_pages_are_full_and_meet_every_user_once(self, store: Store, limit: int, caplog) -> None:
        users = {new(store, {**BOB, "email": f"bob{n}@example.com"})["userId"] for n in range(7)}
        for number, key in enumerate([*KEYS, *(f"00000000-0000-4000-8000-{n:012x}" for n in range(20))]):
            write(store, {"userId": {"S": key}, "n": {"N": str(number)}})
        pages, last = [], None
        while True:
            found, last = store.users.list(limit, last)
            pages.append([user["userId"] for user in found])
            if not last:
                break
        assert sorted(user_id for page in pages for user_id in page) == sorted(users)
        assert all(len(page) == limit for page in pages[:-1])
        assert pages[-1]
        assert not any(key in str(vars(record)) for record in caplog.records for key in ("users#1", "ann@example.com"))

    def test_a_whole_user_under_another_key_is_no_user(self, store: Store) -> None:
        write(store, item(userId={"S": "eve"}))
        assert store.users.list(10) == ([], None)

    def test_it_counts_what_it_left_out(self, store: Store, caplog) -> None:
        for number in range(30):
            write(store, {"userId": {"S": f"00000000-0000-4000-8000-{number:012x}"}})
        write(store, {"userId": {"S": "ann@example.com"}})
        store.users.list(100)
        [record] = caplog.records
        assert (record.levelno, record.getMessage()) == (logging.WARNING, "items_left_out")
        assert (record.ItemsLeftOut, len(record.userIds)) == (31, 20)
        assert record.UsersTable == store.tables.users
        [directive] = record._aws["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["UsersTable"]]
        assert [metric["Name"] for metric in directive["Metrics"]] == ["ItemsLeftOut"]

    def test_very_many_strangers_end_a_page_early_and_not_the_list(self, store: Store) -> None:
        """The end of a page is always a place to go on from; the database here is made of answers."""
        ids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(60)]
        pages = [{"Items": [{"userId": {"S": it}}], "LastEvaluatedKey": {"userId": {"S": it}}} for it in ids]
        limits = []

        def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            limits.append(request["Limit"])
            return pages.pop(0)

        real, store.call = store.call, call
        assert store.users.list(1) == ([], ids[19])
        assert limits == [2, 4, 8, 16, 32, 64, 128, 256, 512] + [1000] * 11
        pages = [{"Items": []}]
        assert store.users.list(1, ids[19]) == ([], None)
        store.call = real


class TestRaces:
    def test_two_that_mend_at_once_write_both(self, store: Store) -> None:
        write(store, item(version=None))
        interfere(store, "UpdateItem", lambda: update(store, NOBODY, {"name": "Other"}))
        user = update(store, NOBODY, {"age": 7})
        assert (user["name"], user["age"], user.version) == ("Other", 7, 3)

    def test_an_email_given_to_a_user_without_one_is_taken_by_one_only(self, store: Store) -> None:
        write(store, item(email=None))
        interfere(store, "TransactWriteItems", lambda: new(store, ADA))
        with pytest.raises(EmailInUse):
            update(store, NOBODY, {"email": ADA["email"]})
        assert "email" not in raw(store)
        assert len(store.claims()) == 1

    def test_an_email_given_by_two_at_once_leaves_one_claim(self, store: Store) -> None:
        write(store, item(email=None))
        interfere(store, "TransactWriteItems", lambda: update(store, NOBODY, {"email": "one@example.com"}))
        assert update(store, NOBODY, {"email": "two@example.com"})["email"] == "two@example.com"
        assert store.claims() == {"two@example.com": NOBODY}

    def test_a_user_deleted_while_it_is_mended_stays_deleted(self, store: Store) -> None:
        write(store, item(version=NULL, email=None))
        interfere(store, "UpdateItem", lambda: store.remove(store.tables.users, {"userId": NOBODY}))
        with pytest.raises(UserNotFound):
            update(store, NOBODY, {"email": "eva@example.com"})
        assert (raw(store), store.claims()) == ({}, {})

    def test_what_another_tool_changes_meanwhile_is_not_written_over(self, store: Store) -> None:
        write(store, item(version={"S": "a"}))
        interfere(store, "UpdateItem", lambda: write(store, item(version={"S": "b"}, name={"S": "Other"})))
        user = update(store, NOBODY, {"age": 7})
        assert (user["name"], user["age"]) == ("Other", 7)

    def test_an_answer_lost_while_mending_is_told(self, store: Store) -> None:
        write(store, item(version=None))
        answered = store.call

        def lose(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            answer = answered(operation, request)
            if operation == "UpdateItem":
                raise Unavailable("NoResponse", uncertain=True)
            return answer

        store.call = lose
        with pytest.raises(ServiceUnavailable):
            store.users.delete(NOBODY, FREE)
        store.call = answered
        store.users.delete(NOBODY, FREE)
        assert raw(store) == {}


class TestKeptAnswers:
    def test_a_replay_reads_past_what_replication_adds(self, store: Store) -> None:
        from tests.contract.test_repository import answer, key

        first = store.users.create(ADA, answer, key())
        [record] = [it for it in store.call("Scan", {"TableName": store.tables.keys})["Items"] if "response" in it]
        store.call("PutItem", {"TableName": store.tables.keys, "Item": {**record, **STRANGE}})
        assert store.users.create(ADA, answer, key()).body == first.body
        store.remove(store.tables.keys, {"key": record["key"]["S"]})


@pytest.mark.parametrize("owner", [{}, {"userId": NULL}, {"userId": {"N": "7"}}, STRANGE])
class TestAClaimThatNamesNobody:
    def test_its_email_is_taken(self, store: Store, owner: Item) -> None:
        claim = {"key": {"S": f"email#{ADA['email']}"}, **owner}
        store.call("PutItem", {"TableName": store.tables.keys, "Item": claim})
        with pytest.raises(EmailInUse):
            new(store, ADA)
        bob = new(store, BOB)
        with pytest.raises(EmailInUse):
            update(store, bob["userId"], {"email": ADA["email"]})
        store.remove(store.tables.keys, {"key": claim["key"]["S"]})

"""Users of a stack with sign-in, on every database: who reaches which record, decided by the write itself."""

from __future__ import annotations

import itertools

import pytest

from guard import (
    ADMIN,
    ADMINS,
    ALL,
    MYSELF,
    OWN,
    OWNER_OR_READERS,
    OWNER_OR_WRITERS,
    READ,
    READERS,
    SELF,
    WRITE,
    WRITERS,
    reach,
)
from tests.unit.handlers.actions import ANN
from users.errors import AccessDenied, EmailManagedBySignIn, UserDisabled, UserNotFound
from users.model import Changes
from users.ownership import NotForOne, own_records
from users.people import People
from users.signed_in import SignedInUsers
from utils.caller import Caller, caller_in
from utils.errors import PreconditionFailed
from utils.preconditions import precondition
from utils.response import ok

ANY = precondition({})
ME, OTHER = "a-subject", "another-subject"


def repository(store):
    """The repository of a caller who reaches all."""
    return store.repository(SignedInUsers)


@pytest.fixture
def record(store):
    """Make the record of a person; its id."""

    def make(subject=ME, status="", email=ANN["email"]):
        made = []
        repository(store).by("key:one").create({**ANN, "email": email}, lambda user: made.append(user) or ok(user))
        user_id = made[-1]["userId"]
        values = {"subject": subject, **({"status": status} if status else {})}
        names = {f"#{name}": name for name in values}
        request = {
            "TableName": store.tables.users,
            "Key": {"userId": {"S": user_id}},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
        }
        store._call("UpdateItem", request)
        return user_id

    return make


@pytest.fixture
def mine(store):
    """The repository of the person ME."""
    users = repository(store)
    users.by(f"sub:{ME}")
    users.only_of(ME)
    return users


WRITES = {
    "name": lambda users, user_id: users.update(user_id, Changes({"name": "B"}), ANY),
    "age": lambda users, user_id: users.update(user_id, Changes({"age": None}), ANY),
    "delete": lambda users, user_id: users.delete(user_id, ANY),
}


@pytest.mark.parametrize("write", WRITES)
def test_the_own_record_can_be_read_and_written(store, record, mine, write):
    user_id = record()
    assert mine.get(user_id)["email"] == ANN["email"]
    WRITES[write](mine, user_id)


@pytest.mark.parametrize("write", [*WRITES, "read"])
@pytest.mark.parametrize("whose", [{"subject": OTHER}, {"status": "disabled"}])
def test_another_record_is_not_there(store, record, mine, write, whose):
    user_id = record(**whose)
    before = store.items(store.tables.users)
    with pytest.raises(UserNotFound):
        WRITES.get(write, lambda users, user_id: users.get(user_id))(mine, user_id)
    assert store.items(store.tables.users) == before


@pytest.mark.parametrize("write", WRITES)
def test_a_precondition_does_not_tell_that_another_record_is_there(record, mine, write):
    user_id = record(OTHER)
    with pytest.raises(UserNotFound):
        mine.update(user_id, Changes({"name": "B"}), precondition({"if-match": '"7"'}))
    with pytest.raises(UserNotFound):
        mine.delete(user_id, precondition({"if-match": '"7"'}))


def test_a_precondition_on_the_own_record_still_says_the_tag(record, mine):
    with pytest.raises(PreconditionFailed):
        mine.update(record(), Changes({"name": "B"}), precondition({"if-match": '"7"'}))


@pytest.mark.parametrize("write", WRITES)
def test_a_record_that_changes_hands_before_the_write_is_not_written(store, record, write):
    """The read before a write decides nothing: here the record becomes another's between the two."""
    user_id = record()
    users, call, taken = repository(store), store._call, []

    def take_it_first(operation, request):
        if operation in ("UpdateItem", "TransactWriteItems") and not taken:
            taken.append(operation)
            call(
                "UpdateItem",
                {
                    "TableName": store.tables.users,
                    "Key": {"userId": {"S": user_id}},
                    "UpdateExpression": "SET #subject = :other",
                    "ExpressionAttributeNames": {"#subject": "subject"},
                    "ExpressionAttributeValues": {":other": {"S": OTHER}},
                },
            )
        return call(operation, request)

    users._call = take_it_first
    users.only_of(ME)
    with pytest.raises(UserNotFound):
        WRITES[write](users, user_id)
    [item] = store.items(store.tables.users)
    assert (item["name"], item["subject"]) == (ANN["name"], OTHER)


@pytest.mark.parametrize("email", ["b@example.com", str(ANN["email"]).upper()])
def test_a_person_keeps_the_email_of_the_sign_in(store, record, mine, email):
    user_id = record()
    with pytest.raises(EmailManagedBySignIn):
        mine.update(user_id, Changes({"email": email, "name": "B"}), ANY)
    assert mine.update(user_id, Changes({"email": ANN["email"], "name": "B"}), ANY)["name"] == "B"


def test_an_administrator_changes_the_email(store, record):
    user_id = record()
    assert repository(store).by("sub:x").update(user_id, Changes({"email": "b@example.com"}), ANY)


def test_a_deleted_person_leaves_a_tombstone(store, record, mine):
    mine.delete(record(), ANY)
    [person] = [item for item in store.items(store.tables.keys) if item["key"].startswith("subject#")]
    assert (person["key"], person["status"]) == (f"subject#{ME}", "deleted")


def test_a_record_without_a_person_leaves_none(store):
    users = repository(store)
    made = []
    users.by("key:one").create(ANN, lambda user: made.append(user) or ok(user))
    users.delete(made[-1]["userId"], ANY)
    assert [item["key"] for item in store.items(store.tables.keys)] == [f"deleted#{made[-1]['userId']}"]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("Scan", {}),
        ("Query", {}),
        ("PutItem", {}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "users"}}]}),
        ("TransactWriteItems", {"TransactItems": [{"ConditionCheck": {"TableName": "users"}}]}),
    ],
)
def test_what_would_reach_others_is_not_sent(operation, request_):
    def call(*_):
        raise AssertionError("sent")

    with pytest.raises(NotForOne):
        own_records(call, "users", ME, 0)(operation, {"TableName": "users", **request_})


def person(*scopes, admins=False):
    claims = {"token_use": "access", "sub": ME, "client_id": "pages", "username": ME, "scope": " ".join(scopes)}
    return caller_in({"authorizer": {"claims": {**claims, **({"cognito:groups": "admins"} if admins else {})}}})


def machine(*scopes):
    claims = {"token_use": "access", "sub": "machines", "client_id": "machines", "scope": " ".join(scopes)}
    return caller_in({"authorizer": {"claims": claims}})


NOBODY = caller_in({})
WITH_KEY = caller_in({"identity": {"apiKeyId": "one"}})
REACH = {  # by rule: what a person with users/self, an administrator, and machines that read and write reach
    OWNER_OR_READERS: (OWN, ALL, ALL, None),
    OWNER_OR_WRITERS: (OWN, ALL, None, ALL),
    READERS: (None, ALL, ALL, None),
    WRITERS: (None, ALL, None, ALL),
    ADMINS: (None, ALL, None, None),
    MYSELF: (OWN, OWN, None, None),
}


def reached(rule, caller):
    try:
        return reach(caller, rule)
    except AccessDenied:
        return None


@pytest.mark.parametrize("rule", REACH)
def test_a_rule_lets_whom_it_names(rule):  # an administrator without users/admin in the rule is a person
    callers = (person(SELF), person(SELF, ADMIN, admins=True), machine(READ), machine(WRITE))
    assert tuple(reached(rule, caller) for caller in callers) == REACH[rule]


@pytest.mark.parametrize("rule", REACH)
def test_a_rule_lets_nobody_else(rule):
    groups = itertools.product([(), (READ, WRITE), (ADMIN,)], [False, True])
    others = [person(*scopes, admins=admins) for scopes, admins in groups if not (admins and ADMIN in scopes)]
    for caller in (NOBODY, WITH_KEY, *others, machine(), machine(SELF, ADMIN)):
        assert reached(rule, caller) is None


@pytest.mark.parametrize(
    "change",
    [{"token_use": "id"}, {"token_use": None}, {"sub": ""}, {"client_id": None}],
    ids=["id token", "no use", "no subject", "no client"],
)
def test_claims_of_no_access_token_are_nobodys(change):
    claims = {"token_use": "access", "sub": ME, "client_id": "pages", "scope": SELF, "cognito:groups": "admins"}
    assert caller_in({"authorizer": {"claims": {**claims, **change}}}).name == "anonymous"


@pytest.mark.parametrize("groups", ["admins", "staff,admins", "[staff admins]", ["admins"]])
def test_the_group_is_found_in_each_form_of_the_claim(groups):
    claims = {"token_use": "access", "sub": ME, "client_id": "pages", "scope": ADMIN, "cognito:groups": groups}
    assert caller_in({"authorizer": {"claims": claims}}).in_admins


@pytest.mark.parametrize("groups", ["", "xadmins", "admins2", None, [], "Admins"])
def test_another_group_is_not_it(groups):
    claims = {"token_use": "access", "sub": ME, "client_id": "pages", "scope": ADMIN, "cognito:groups": groups}
    assert not caller_in({"authorizer": {"claims": claims}}).in_admins


@pytest.mark.parametrize(
    ("item", "error"),
    [
        (None, AccessDenied),
        ({"status": {"S": "disabled"}, "userId": {"S": "1"}}, UserDisabled),
        ({"status": {"S": "deleted"}}, AccessDenied),
    ],
)
def test_who_is_not_active_is_no_administrator(item, error):
    people = People(lambda *_: {"Item": item} if item else {}, "keys")
    caller = Caller("person", f"sub:{ME}", ME)
    with pytest.raises(error):
        people.require_active(caller)
    with pytest.raises(UserDisabled if error is UserDisabled else UserNotFound):
        people.own_record(caller)

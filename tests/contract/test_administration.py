"""The administration of users, on every database: each decision is written once, for the record and its person."""

from __future__ import annotations

import json

import pytest

from dynamodb.values import to_item
from tests.unit.handlers.actions import ANN
from users.administration import Administration, OwnAdministration
from users.errors import AccessDenied, SignedOut, UserDisabled, UserNotFound
from users.model import Changes
from users.people import People
from users.registration import Person, Registration, SignInRefused
from users.signed_in import SignedInUsers
from users.standing import keep_sign_in
from utils.caller import Caller
from utils.errors import IdempotencyKeyReused, PreconditionFailed
from utils.idempotency import IdempotencyKey
from utils.preconditions import precondition
from utils.response import ok

ANY = precondition({})
ME, BOSS = "a-subject", "the-administrator"


def repository(store, kind):
    return store.repository(kind)


@pytest.fixture
def admin(store):
    """The repository of an administrator, whose record is elsewhere."""
    enrol(store, BOSS)
    return repository(store, Administration).by(f"sub:{BOSS}")


def enrol(store, subject, **attributes):
    """Write the item of a person."""
    texts = {"key": f"subject#{subject}", **(attributes or {"userId": "elsewhere"})}
    store._call("PutItem", {"TableName": store.tables.keys, "Item": to_item(texts)})


@pytest.fixture
def person(store):
    """Register a person; the id of the record."""

    def register(subject=ME, email=ANN["email"]):
        one = Person(subject, email, email_verified=True, name=ANN["name"])
        return repository(store, Registration).register(one, people(store))

    return register


@pytest.fixture
def unlinked(store):
    """A record that is nobody's; its id."""
    made = []
    repository(store, SignedInUsers).by("key:one").create(ANN, lambda user: made.append(user) or ok(user))
    return made[-1]["userId"]


def people(store):
    return People(store._call, store.tables.keys)


def key(value="a-key", **content):
    return IdempotencyKey(f"sub:{BOSS}", value, content)


def caller(store, admins=False, later=1):
    """A person who signed in after the last decision."""
    return Caller("person", f"sub:{ME}", ME, in_admins=admins, signed_in_at=int(store.now) + later)


def body(response):
    return response.body if isinstance(response.body, dict) else json.loads(response.body)


def record(store):
    [item] = store.items(store.tables.users)
    return item


def item(store, subject=ME):
    return next(it for it in store.items(store.tables.keys) if it["key"] == f"subject#{subject}")


DECISIONS = {
    "disable": lambda admin, user_id, when=ANY, kept=None: admin.disable(user_id, when, kept),
    "enable": lambda admin, user_id, when=ANY, kept=None: admin.enable(user_id, when, kept),
    "roles": lambda admin, user_id, when=ANY, kept=None: admin.set_roles(user_id, ["admins"], when, kept),
    "no roles": lambda admin, user_id, when=ANY, kept=None: admin.set_roles(user_id, [], when, kept),
    "sign out": lambda admin, user_id, when=ANY, kept=None: admin.sign_out(user_id, when, kept),
}
each_decision = pytest.mark.parametrize("decision", DECISIONS)


def test_a_disabled_person_is_shut_out_at_once_and_let_in_again(store, admin, person):
    user_id = person()
    assert body(admin.disable(user_id, ANY, None))["status"] == "disabled"
    assert (record(store)["status"], item(store)["status"]) == ("disabled", "disabled")
    with pytest.raises(UserDisabled):
        people(store).own_record(caller(store))
    with pytest.raises(UserDisabled):
        people(store).require_active(caller(store, admins=True))
    mine = repository(store, SignedInUsers)
    mine.only_of(ME, int(store.now) + 1)
    with pytest.raises(UserNotFound):
        mine.get(user_id)
    assert body(admin.enable(user_id, ANY, None))["status"] == "active"
    assert "status" not in record(store)
    assert "status" not in item(store)
    assert people(store).own_record(caller(store)) == user_id
    assert mine.get(user_id)["userId"] == user_id


def test_a_sign_out_ends_tokens_of_earlier_sign_ins_only(store, admin, person):
    user_id = person()
    admin.sign_out(user_id, ANY, None)
    for issued in (-1, 0):
        with pytest.raises(SignedOut):
            people(store).own_record(caller(store, later=issued))
        with pytest.raises(SignedOut):
            people(store).require_active(caller(store, admins=True, later=issued))
        mine = repository(store, SignedInUsers)
        mine.only_of(ME, int(store.now) + issued)
        with pytest.raises(UserNotFound):
            mine.get(user_id)
        with pytest.raises(UserNotFound):
            mine.update(user_id, Changes({"age": 5}), ANY)
        with pytest.raises(UserNotFound):
            mine.delete(user_id, ANY)
    assert people(store).own_record(caller(store, later=1)) == user_id
    mine = repository(store, SignedInUsers)
    mine.only_of(ME, int(store.now) + 1)
    assert mine.update(user_id, Changes({"age": 5}), ANY)["age"] == 5


def test_a_role_that_was_taken_away_counts_no_more_whatever_the_token_says(store, admin, person):
    user_id = person()
    assert people(store).require_active(caller(store, admins=True)) == user_id
    assert body(admin.set_roles(user_id, ["admins"], ANY, None))["roles"] == ["admins"]
    assert people(store).require_active(caller(store, admins=True)) == user_id
    assert body(admin.set_roles(user_id, [], ANY, None))["roles"] == []
    with pytest.raises(AccessDenied):
        people(store).require_active(caller(store, admins=True))
    assert people(store).own_record(caller(store)) == user_id


@each_decision
def test_a_decision_is_a_conditional_write(store, admin, person, decision):
    user_id = person()
    admin.disable(user_id, ANY, None)
    before = store.items(store.tables.users), store.items(store.tables.keys)
    with pytest.raises(PreconditionFailed):
        DECISIONS[decision](admin, user_id, precondition({"if-match": '"1"'}))
    assert (store.items(store.tables.users), store.items(store.tables.keys)) == before
    answered = DECISIONS[decision](admin, user_id, precondition({"if-match": '"2"'}))
    assert answered.headers["ETag"] == f'"{record(store)["version"]}"'


@each_decision
def test_a_repetition_with_the_key_decides_nothing(store, admin, person, decision):
    user_id = person()
    first = DECISIONS[decision](admin, user_id, ANY, key(a=1))
    admin.disable(user_id, ANY, None)
    admin.update(user_id, Changes({"age": 7}), ANY)
    before = store.items(store.tables.users)
    again = DECISIONS[decision](admin, user_id, precondition({"if-match": '"1"'}), key(a=1))
    assert (again.body, again.headers.get("Idempotency-Replayed")) == (first.body, "true")
    assert store.items(store.tables.users) == before
    with pytest.raises(IdempotencyKeyReused):
        DECISIONS[decision](admin, user_id, ANY, key(a=2))
    admin.delete(user_id, ANY)
    assert DECISIONS[decision](admin, user_id, ANY, key(a=1)).body == first.body


def test_a_key_is_free_again_after_a_day(store, admin, person):
    user_id = person()
    admin.disable(user_id, ANY, key())
    admin.enable(user_id, ANY, None)
    store.now += 24 * 60 * 60
    admin.disable(user_id, ANY, key())
    assert record(store)["status"] == "disabled"


@each_decision
def test_a_decision_that_changes_nothing_writes_nothing(store, admin, person, decision):
    user_id = person()
    DECISIONS[decision](admin, user_id)
    before = store.items(store.tables.users), store.items(store.tables.keys)
    assert DECISIONS[decision](admin, user_id).status == 200
    assert (store.items(store.tables.users), store.items(store.tables.keys)) == before


@each_decision
def test_a_decision_names_its_administrator(store, admin, person, decision):
    user_id = person()
    if decision == "enable":
        admin.disable(user_id, ANY, None)
    DECISIONS[decision](admin, user_id)
    assert record(store)["writtenBy"].endswith(f" sub:{BOSS}")


@each_decision
def test_a_user_who_is_not_there_is_not_found(admin, decision):
    for user_id in ("3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f", "x"):
        with pytest.raises(UserNotFound):
            DECISIONS[decision](admin, user_id)
        with pytest.raises(UserNotFound):
            admin.managed(user_id)


@each_decision
def test_a_change_between_the_read_and_the_write_is_not_lost(store, admin, person, decision):
    user_id = person()
    if decision == "enable":
        admin.disable(user_id, ANY, None)
    other, done = repository(store, SignedInUsers).by("key:one"), []

    def change_first(operation, _request):
        if operation == "TransactWriteItems" and not done:
            done.append(operation)
            other.update(user_id, Changes({"age": 77}), ANY)

    store.before = change_first
    DECISIONS[decision](admin, user_id)
    assert record(store)["age"] == 77


@pytest.mark.parametrize("decision", ["disable", "no roles"])
def test_administrators_do_not_shut_themselves_out(store, person, decision):
    user_id = person()
    myself = repository(store, Administration).by(f"sub:{ME}")
    before = store.items(store.tables.users), store.items(store.tables.keys)
    with pytest.raises(OwnAdministration):
        DECISIONS[decision](myself, user_id)
    assert (store.items(store.tables.users), store.items(store.tables.keys)) == before
    assert DECISIONS["sign out"](myself, user_id).status == 200


SHUTTING_OUT = {
    "disable": DECISIONS["disable"],
    "no roles": DECISIONS["no roles"],
    "delete": lambda admin, user_id, when=ANY: admin.delete(user_id, when),
}
GONE_MEANWHILE = {
    "disabled": {"userId": "elsewhere", "status": "disabled"},
    "no roles": {"userId": "elsewhere", "roles": ""},
    "deleted": {"status": "deleted"},
}


@pytest.mark.parametrize("how", SHUTTING_OUT)
@pytest.mark.parametrize("meanwhile", GONE_MEANWHILE)
def test_who_is_an_administrator_no_more_shuts_nobody_out(store, admin, person, how, meanwhile):
    """The guard let them in. The decision about them comes between their read and their write."""
    user_id = person()
    admin.set_roles(user_id, ["admins"], ANY, None)

    def shut_out_first(operation, request):
        if operation == "TransactWriteItems":
            store.before = lambda *_: None
            enrol(store, BOSS, **GONE_MEANWHILE[meanwhile])

    store.before = shut_out_first
    before = record(store), item(store)
    with pytest.raises(AccessDenied):
        SHUTTING_OUT[how](admin, user_id)
    assert (record(store), item(store)) == before


@pytest.mark.parametrize("how", SHUTTING_OUT)
@pytest.mark.parametrize("roles", [{}, {"userId": "elsewhere", "roles": "admins"}])
def test_an_administrator_shuts_out(store, admin, person, how, roles):
    user_id = person()
    enrol(store, BOSS, **roles)
    SHUTTING_OUT[how](admin, user_id)
    with pytest.raises((AccessDenied, UserDisabled)):
        people(store).require_active(caller(store, admins=True))


def test_who_is_no_person_shuts_out_too(store, person):
    """A machine with users/write deletes. It is no administrator."""
    user_id = person()
    repository(store, SignedInUsers).by("client:machines").delete(user_id, ANY)
    assert item(store)["status"] == "deleted"


def test_an_administrator_goes_by_their_own_will(store, person):
    user_id = person()
    repository(store, SignedInUsers).by(f"sub:{ME}").delete(user_id, ANY)
    assert item(store)["status"] == "deleted"


def test_a_disabled_record_without_a_person_gets_none(admin, person, unlinked):
    admin.disable(unlinked, ANY, None)
    with pytest.raises(SignInRefused, match="disabled"):
        person()
    admin.enable(unlinked, ANY, None)
    assert person() == unlinked


@pytest.mark.parametrize("roles", [[], ["admins"]])
def test_a_person_takes_over_the_roles_of_a_record(store, admin, person, unlinked, roles):
    admin.set_roles(unlinked, roles, ANY, None)
    assert person() == unlinked
    assert item(store)["roles"].split() == roles


def test_a_disabled_person_gets_no_token(store, admin, person):
    admin.disable(person(), ANY, None)
    with pytest.raises(SignInRefused):
        person()


def test_administrators_see_what_others_do_not(store, admin, person):
    user_id = person()
    keep_sign_in(store._call, store.tables.keys, ME, "2026-11-29T15:59:00.000Z")
    shown = body(admin.managed(user_id))
    assert shown == {
        **admin.get(user_id),
        "status": "active",
        "subject": ME,
        "lastSignedInAt": "2026-11-29T15:59:00.000Z",
    }


def test_a_sign_in_after_the_deletion_leaves_the_tombstone(store, admin, person):
    admin.delete(person(), ANY)
    before = item(store)
    keep_sign_in(store._call, store.tables.keys, ME, "2026-11-29T15:59:00.000Z")
    assert item(store) == before


def test_a_deletion_tells_whom_the_user_pool_has_to_forget(store, admin, person):
    user_id = person()
    admin.delete(user_id, ANY)
    [tombstone] = [it for it in store.items(store.tables.keys) if it["key"] == f"deleted#{user_id}"]
    assert (tombstone["subject"], tombstone["actor"]) == (ME, f"sub:{BOSS}")

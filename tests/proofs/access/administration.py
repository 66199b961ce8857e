"""What holds of administrators' decisions and of imports: each promise raises AssertionError if it does not."""

from __future__ import annotations

import itertools
from typing import Any

from tests.proofs.access.promises import SELF, admin, denied, machine, person
from tests.proofs.access.stage import DISABLED, ME, MINE, OTHER, OTHERS, SWITCHED_OFF, WHEN, Document, Stage, handlers

ROLES, SIGN_OUT = "administration.set_roles", "administration.sign_out_user"
DISABLE, ENABLE = "administration.disable_user", "administration.enable_user"
MANAGED, STATISTICS = "administration.get_managed_user", "administration.get_statistics"
IMPORT = "bulk.create_import"
WRITES = ("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems")
# What each decision is asked with, about whom, and what it changes.
DECISIONS: dict[str, tuple[Document | None, str, str]] = {
    DISABLE: (None, OTHERS, "status"),
    ENABLE: (None, DISABLED, "status"),
    ROLES: ({"roles": ["admins"]}, OTHERS, "roles"),
    SIGN_OUT: (None, OTHERS, "signedOutAt"),
}
SHUTTING_OUT: tuple[tuple[str, Document | None], ...] = ((DISABLE, None), (ROLES, {"roles": []}))


def decide(stage: Stage, handler: str, user_id: str = "", **headers: str) -> tuple[int, Document]:
    body, whom, _ = DECISIONS[handler]
    return stage.call(handler, admin(ME), user_id or whom, body, **headers)


def state(stage: Stage) -> list[Any]:
    return [stage.items(table) for table in ("users", "keys")]


def an_administrator_decides(stage: Stage) -> None:
    """Also a wrong version does this."""
    assert stage.call(MANAGED, admin(ME), OTHERS)[1]["subject"] == OTHER
    for handler in DECISIONS:
        assert decide(stage, handler)[0] == 200, handler


def only_administrators_administer(stage: Stage) -> None:
    for handler, rule in handlers().items():
        if handler.startswith(("administration.", "bulk.")):
            assert rule == "ADMINS", handler
            for claims in (machine("users/read"), machine("users/write"), person(ME, SELF, groups="admins")):
                denied(stage, handler, claims)


def a_decision_is_for_one_version(stage: Stage) -> None:
    for handler, headers in itertools.product(DECISIONS, ({"If-Match": '"7"'}, {"If-None-Match": '"1"'})):
        before = state(stage)
        status, problem = decide(stage, handler, **headers)
        assert (status, problem.get("code")) == (412, "precondition_failed"), (handler, headers)
        assert state(stage) == before
    assert decide(stage, DISABLE, **{"If-Match": '"1"'})[0] == 200


def a_decision_that_is_made_needs_its_version_too(stage: Stage) -> None:
    assert decide(stage, DISABLE)[0] == 200
    assert decide(stage, DISABLE, **{"If-Match": '"1"'})[1].get("code") == "precondition_failed"


def a_decision_is_made_once_for_a_key(stage: Stage) -> None:
    for handler in DECISIONS:
        keyed = {"Idempotency-Key": f"one-{handler}"}
        first = decide(stage, handler, **keyed)
        assert first[0] == 200
        undo(stage, handler)
        before = state(stage)
        assert decide(stage, handler, **keyed) == first, handler
        assert decide(stage, handler, **keyed, **{"If-Match": '"1"'}) == first, handler
        assert state(stage) == before
        status, problem = decide(stage, handler, MINE, **keyed)
        assert (status, problem.get("code")) == (422, "idempotency_key_reused"), handler
        assert state(stage) == before


def undo(stage: Stage, handler: str) -> None:
    """Let somebody else decide the opposite, so that a second decision would be seen."""
    _, whom, attribute = DECISIONS[handler]
    record = {**stage.record(whom), "version": {"N": "9"}}
    record.pop(attribute, None)
    if handler == ENABLE:
        record[attribute] = {"S": "disabled"}
    stage.put("users", record)


def a_decision_that_changes_nothing_is_kept_too(stage: Stage) -> None:
    assert decide(stage, DISABLE)[0] == 200
    first = decide(stage, DISABLE, **{"Idempotency-Key": "again"})
    undo(stage, DISABLE)
    before = state(stage)
    assert decide(stage, DISABLE, **{"Idempotency-Key": "again"}) == first
    assert state(stage) == before


def a_key_is_that_of_one_administrator(stage: Stage) -> None:
    assert decide(stage, ENABLE, **{"Idempotency-Key": "one"})[1]["userId"] == DISABLED
    assert stage.call(ENABLE, admin(OTHER), MINE, None, **{"Idempotency-Key": "one"})[1].get("userId") == MINE


def each_decision_is_an_event_with_its_administrator(stage: Stage) -> None:
    """The audit trail has the events of the stream."""
    for handler, (_, whom, attribute) in DECISIONS.items():
        old = stage.record(whom)
        assert decide(stage, handler)[0] == 200
        images = {
            "OldImage": old,
            "NewImage": stage.record(whom),
            "Keys": {"userId": {"S": whom}},
            "SequenceNumber": "1",
        }
        told = {"eventName": "MODIFY", "dynamodb": images}
        found = stage.system.module("users.events").event_in(told, lambda *_: {})
        assert found, handler
        assert found.detail["changed"] == [attribute], handler
        assert found.detail["actor"] == {"type": "person", "id": ME}, handler
        assert found.detail["userVersion"] == int(old["version"]["N"]) + 1, handler


def a_decision_counts_at_once(stage: Stage) -> None:
    """For a request on the own record, which reads the record, and for an administrator's, which reads the person."""
    own, own_admin = person(OTHER, SELF), admin(OTHER)
    for handler, code in ((DISABLE, "user_disabled"), (SIGN_OUT, "signed_out")):
        assert decide(stage, handler)[0] == 200
        assert stage.call("signed_in.get_user", own, OTHERS)[1].get("code") == code
        assert stage.call("signed_in.update_user", own, OTHERS, {"age": 5})[1].get("code") == code
        denied(stage, "signed_in.list_users", own_admin, code)
        assert decide(stage, ENABLE, OTHERS)[0] == 200
    assert stage.call(ROLES, admin(ME), OTHERS, {"roles": []})[0] == 200
    later = {**own_admin, "auth_time": "4000000000"}
    denied(stage, "signed_in.list_users", later)
    assert stage.call(ENABLE, admin(ME), DISABLED)[0] == 200
    assert stage.call("signed_in.get_user", person(SWITCHED_OFF, SELF), DISABLED)[0] == 200


def nobody_shuts_themselves_out(stage: Stage) -> None:
    for handler, body in SHUTTING_OUT:
        before = state(stage)
        status, problem = stage.call(handler, admin(ME), MINE, body)
        assert (status, problem.get("code")) == (403, "own_administration"), handler
        assert state(stage) == before


def who_is_one_no_more_shuts_nobody_out(stage: Stage) -> None:
    """The decision about the administrator comes after the guard has let them in."""
    cases = [*SHUTTING_OUT, ("signed_in.delete_user", None)]
    for (handler, body), change in itertools.product(cases, ({"status": "disabled"}, {"roles": ""})):
        at_the_write(stage, "keys", f"subject#{ME}", change)
        before = stage.record(OTHERS)
        status, problem = stage.call(handler, admin(ME), OTHERS, body)
        assert (status, problem.get("code")) == (403, "access_denied"), handler
        assert stage.record(OTHERS) == before
        assert stage.item("keys", "key", f"subject#{OTHER}") == {
            "key": {"S": f"subject#{OTHER}"},
            "userId": {"S": OTHERS},
        }
        stage.put("keys", {"key": {"S": f"subject#{ME}"}, "userId": {"S": MINE}})


def at_the_write(stage: Stage, table: str, key: str, change: dict[str, str]) -> None:
    """Change an item just before the next write."""
    name = {"keys": "key", "users": "userId"}[table]

    def interfere(operation: str, _request: Document) -> None:
        if operation in WRITES:
            stage.before = lambda *_: None
            changed = {each: {"N" if each == "version" else "S": value} for each, value in change.items()}
            stage.put(table, {**stage.item(table, name, key), **changed})

    stage.before = interfere


def a_decision_is_about_the_record_that_was_read(stage: Stage) -> None:
    """The record changes, or becomes another person's, between the read and the write."""
    for handler, (body, whom, attribute) in DECISIONS.items():
        at_the_write(stage, "users", whom, {"version": "5", "name": "Changed"})
        status, shown = stage.call(handler, admin(ME), whom, body)
        assert (status, shown.get("name")) == (200, "Changed"), handler
        assert stage.record(whom)["version"] == {"N": "6"}
        at_the_write(stage, "users", whom, {"version": "7"})
        undo(stage, handler)
        problem = stage.call(handler, admin(ME), whom, body, **{"If-Match": '"9"'})[1]
        assert problem.get("code") == "precondition_failed", handler
        assert (attribute in stage.record(whom)) == (handler == ENABLE), handler


def the_person_of_a_record_is_decided_about(stage: Stage) -> None:
    """The item of a person that names another record by now stays as it is, and so does the record."""
    for handler, (body, whom, _) in DECISIONS.items():
        subject = str(stage.record(whom)["subject"]["S"])
        kept = stage.item("keys", "key", f"subject#{subject}")
        stage.put("keys", {**kept, "userId": {"S": MINE}})
        before = state(stage)
        assert stage.call(handler, admin(ME), whom, body)[0] >= 500, handler
        assert state(stage) == before, handler
        stage.put("keys", kept)


def a_body_names_known_roles_only(stage: Stage) -> None:
    before = state(stage)
    for roles in (["kings"], ["admins", "kings"], "admins", [["admins"]], None, {"admins": True}):
        assert stage.call(ROLES, admin(ME), OTHERS, {"roles": roles})[0] == 400, roles
    assert stage.call(ROLES, admin(ME), OTHERS, {"roles": [], "status": "x"})[0] == 400
    assert state(stage) == before


def only_administrators_see_who_a_person_is(stage: Stage) -> None:
    for handler in DECISIONS:
        decide(stage, handler)
    hidden = {"subject", "status", "roles", "signedOutAt", "lastSignedInAt", "writtenBy", "lastWrite", "version"}
    for shown in (
        stage.call("signed_in.get_user", machine("users/read"), OTHERS)[1],
        *stage.call("signed_in.list_users", machine("users/read"))[1]["users"],
    ):
        assert shown["createdAt"] == WHEN
        assert not hidden & shown.keys()


def an_import_is_its_administrators(stage: Stage) -> None:
    assert stage.call(IMPORT, admin(ME), body={"format": "csv"})[0] == 201
    [job] = stage.items("bulk")
    assert job["caller"] == {"S": f"sub:{ME}"}


PROMISES = (
    an_administrator_decides,
    only_administrators_administer,
    a_decision_is_for_one_version,
    a_decision_that_is_made_needs_its_version_too,
    a_decision_is_made_once_for_a_key,
    a_decision_that_changes_nothing_is_kept_too,
    a_key_is_that_of_one_administrator,
    each_decision_is_an_event_with_its_administrator,
    a_decision_counts_at_once,
    nobody_shuts_themselves_out,
    who_is_one_no_more_shuts_nobody_out,
    a_decision_is_about_the_record_that_was_read,
    the_person_of_a_record_is_decided_about,
    a_body_names_known_roles_only,
    only_administrators_see_who_a_person_is,
    an_import_is_its_administrators,
)

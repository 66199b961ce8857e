"""What holds of access, whatever API Gateway has let through: each promise raises AssertionError if it does not."""

from __future__ import annotations

import itertools
from typing import Any

from tests.proofs.access.stage import (
    ABSENT,
    DISABLED,
    GONE,
    ME,
    MINE,
    OTHER,
    OTHERS,
    SWITCHED_OFF,
    Document,
    Stage,
    handlers,
)

SELF, READ, WRITE, ADMIN = "users/self", "users/read", "users/write", "users/admin"
OWN = ("OWNER_OR_READERS", "OWNER_OR_WRITERS")
GET, UPDATE, DELETE = "signed_in.get_user", "signed_in.update_user", "signed_in.delete_user"
LIST, CREATE, TICKET = "signed_in.list_users", "signed_in.create_user", "handlers.create_live_ticket"
VERIFIED = "handlers.get_email_verification"
OTHER_ROUTES = (
    *(VERIFIED, "handlers.request_email_verification"),
    *(f"avatars.{name}" for name in ("create_upload", "get_avatar", "delete_avatar")),
)
NEW = {"name": "New", "email": "new@example.com"}
PNG = {"contentType": "image/png"}


def person(subject: str, *scopes: str, groups: str = "", **more: Any) -> Document:
    claims = {"token_use": "access", "sub": subject, "client_id": "pages", "scope": " ".join(scopes), **more}
    return {**claims, **({"cognito:groups": groups} if groups else {})}


def machine(*scopes: str) -> Document:
    return {"token_use": "access", "sub": "machines", "client_id": "machines", "scope": " ".join(scopes)}


def admin(subject: str) -> Document:
    return person(subject, SELF, ADMIN, groups="admins")


def denied(stage: Stage, handler: str, claims: Document | None, code: str = "access_denied") -> None:
    """The caller gets 403, and nothing but the items of people has been read."""
    before = stage.items("users")
    status, problem = stage.call(handler, claims, OTHERS, body_of(handler))
    assert (status, problem.get("code")) == (403, code), (handler, status, problem.get("code"))
    assert {table for _, table in stage.calls} <= {"keys"}, handler
    assert stage.items("users") == before


def body_of(handler: str) -> Document | None:
    bodies: dict[str, Document] = {UPDATE: {"age": 5}, CREATE: NEW, "avatars.create_upload": PNG}
    return bodies.get(handler)


def nobody_reaches_anything(stage: Stage) -> None:
    everything = admin(ME)
    for handler in handlers():
        for claims in (
            *(None, {**everything, "token_use": "id"}, {**everything, "sub": ""}),
            *({**everything, "client_id": ""}, person(ME), person(ME, "aws.cognito.signin.user.admin"), machine()),
        ):
            denied(stage, handler, claims)


def an_administrator_has_the_group_and_the_scope(stage: Stage) -> None:
    for handler, rule in handlers().items():
        for claims in (
            person(ME, ADMIN),
            person(ME, READ, WRITE, groups="admins"),
            person(ME, ADMIN, groups="xadmins,admins2"),
            machine(ADMIN, SELF),
        ):
            denied(stage, handler, claims)
        if rule not in OWN:
            denied(stage, handler, person(ME, SELF, groups="admins"))
            denied(stage, handler, person(ME, SELF, ADMIN))
    assert stage.call(LIST, admin(ME))[0] == 200


def a_machine_may_what_its_scope_says(stage: Stage) -> None:
    for handler, rule in handlers().items():
        for scope, named in ((READ, "READERS"), (WRITE, "WRITERS")):
            if not rule.endswith(named):
                denied(stage, handler, machine(scope))
    assert stage.call(GET, machine(READ), OTHERS)[0] == 200
    assert stage.call(UPDATE, machine(WRITE), OTHERS, {"age": 5})[0] == 200


def a_person_reaches_no_other_record(stage: Stage) -> None:
    before = stage.record(OTHERS)
    for handler in (GET, UPDATE, DELETE, *OTHER_ROUTES):
        for headers in ({}, {"If-Match": '"7"'}, {"If-Match": '"1"'}):
            seen = [stage.call(handler, person(ME, SELF), it, body_of(handler), **headers) for it in (OTHERS, ABSENT)]
            assert [status for status, _ in seen] == [404, 404], (handler, seen)
            assert told(seen[0][1]) == told(seen[1][1]), handler
    assert stage.record(OTHERS) == before
    for handler in (LIST, CREATE):
        denied(stage, handler, person(ME, SELF))


def told(problem: Document) -> Document:
    return {name: value for name, value in problem.items() if name not in ("requestId", "instance")}


def another_record_costs_what_none_costs(stage: Stage) -> None:
    """So the time tells as little as the response."""
    for handler in (GET, UPDATE, DELETE, *OTHER_ROUTES):
        made = []
        for user_id in (OTHERS, ABSENT):
            stage.call(handler, person(ME, SELF), user_id, body_of(handler))
            made.append(list(stage.calls))
        assert made[0] == made[1], handler


def a_person_reaches_the_own_record(stage: Stage) -> None:
    for handler in (GET, VERIFIED):
        assert stage.call(handler, person(ME, SELF), MINE)[0] == 200
    assert stage.call(GET, person(ME, SELF))[1]["userId"] == MINE
    assert stage.call(UPDATE, person(ME, SELF), MINE, {"age": 5})[0] == 200
    assert stage.call(DELETE, person(ME, SELF), MINE)[0] == 200


def the_write_decides_whose_a_record_is(stage: Stage) -> None:
    """The record becomes another's between the read and the write, with its version and with the next."""
    for handler, headers, version in itertools.product((UPDATE, DELETE), ({}, {"If-Match": '"1"'}), (1, 2)):

        def take(operation: str, _request: Document, version: int = version) -> None:
            if operation in ("UpdateItem", "TransactWriteItems"):
                stage.give_to(OTHER, MINE, version)

        stage.give_to(ME, MINE, 1)
        stage.before = take
        status, problem = stage.call(handler, person(ME, SELF), MINE, body_of(handler), **headers)
        stage.before = lambda *_: None
        assert (status, problem.get("code")) == (404, "user_not_found"), (handler, headers)
        assert stage.record(MINE).get("version") == {"N": str(version)}


def a_disabled_person_does_nothing(stage: Stage) -> None:
    own = person(SWITCHED_OFF, SELF)
    for handler, rule in handlers().items():
        if rule in OWN:
            status, problem = stage.call(handler, own, DISABLED, body_of(handler))
            assert (status, problem.get("code")) == (403, "user_disabled"), handler
        denied(stage, handler, admin(SWITCHED_OFF), "user_disabled")
    assert "age" not in stage.record(DISABLED)


def a_deleted_person_does_nothing(stage: Stage) -> None:
    for handler, rule in handlers().items():
        if rule in OWN:
            assert stage.call(handler, person(GONE, SELF), MINE, body_of(handler))[0] == 404, handler
            assert stage.call(handler, person("of-nobody", SELF), MINE, body_of(handler))[0] == 404, handler
        denied(stage, handler, admin(GONE))
        denied(stage, handler, admin("of-nobody"))


def a_deletion_leaves_a_tombstone(stage: Stage) -> None:
    assert stage.call(DELETE, person(ME, SELF), MINE)[0] == 200
    tombstone = stage.item("keys", "key", f"subject#{ME}")
    assert tombstone.get("status") == {"S": "deleted"}
    assert "userId" not in tombstone
    denied(stage, LIST, admin(ME))


def a_body_sets_no_internal_attribute(stage: Stage) -> None:
    for name, value in (("subject", OTHER), ("status", "x"), ("roles", ["admins"]), ("version", 7), ("lastWrite", "x")):
        before = stage.record(MINE)
        for claims, method in itertools.product((person(ME, SELF), admin(OTHER)), ("PUT", "PATCH")):
            status, problem = stage.call(UPDATE, claims, MINE, {"age": 5, name: value}, method)
            assert (status, problem.get("code")) == (400, "invalid_user"), (name, problem)
        assert stage.record(MINE) == before
        assert stage.call(CREATE, machine(WRITE), "", {**NEW, name: value})[0] == 400


def a_person_learns_of_no_email(stage: Stage) -> None:
    """Of one that is in use as little as of one that is not."""
    seen = [
        stage.call(UPDATE, person(ME, SELF), MINE, {"email": email})
        for email in (f"{OTHER}@example.com", "free@example.com")
    ]
    assert [status for status, _ in seen] == [403, 403]
    assert told(seen[0][1]) == told(seen[1][1])
    assert seen[0][1]["code"] == "email_managed_by_sign_in"
    denied(stage, CREATE, person(ME, SELF))


def a_ticket_of_a_person_opens_the_own_record(stage: Stage) -> None:
    assert stage.call(TICKET, person(ME, SELF))[0] == 201
    [ticket] = stage.items("live")
    assert ticket.get("only") == {"S": f"users/{MINE}"}
    assert stage.call(TICKET, machine(READ))[0] == 201
    assert sum("only" in it for it in stage.items("live")) == 1


def the_rightful_reach_it(stage: Stage) -> None:
    """Also a wrong version does this: it is wrong in the one way that its name says."""
    assert stage.call(GET, person(ME, SELF), MINE)[0] == 200
    assert stage.call(LIST, admin(ME))[0] == 200
    assert stage.call(GET, machine(READ), OTHERS)[0] == 200
    assert stage.call(VERIFIED, person(ME, SELF), MINE)[0] == 200


PROMISES = (
    the_rightful_reach_it,
    nobody_reaches_anything,
    an_administrator_has_the_group_and_the_scope,
    a_machine_may_what_its_scope_says,
    a_person_reaches_no_other_record,
    another_record_costs_what_none_costs,
    a_person_reaches_the_own_record,
    the_write_decides_whose_a_record_is,
    a_disabled_person_does_nothing,
    a_deleted_person_does_nothing,
    a_deletion_leaves_a_tombstone,
    a_body_sets_no_internal_attribute,
    a_person_learns_of_no_email,
    a_ticket_of_a_person_opens_the_own_record,
)

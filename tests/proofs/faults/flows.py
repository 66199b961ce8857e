"""The flows: each operation and each way through it, with what must be there before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.proofs.faults.flow import (
    CREATED,
    IN_PROGRESS,
    MISSING,
    OK,
    STALE,
    TAKEN,
    UNAVAILABLE,
    Flow,
    Sent,
    Stage,
)
from tests.proofs.faults.invariants import State, as_seen
from tests.proofs.faults.rig import Reply, Rig

ADA = {"name": "Ada Personal", "email": "Ada.Personal@example.com", "age": 36}
BOB = {"name": "Bob Personal", "email": "bob.personal@example.com"}
KEY = {"Idempotency-Key": "a-personal-key"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


# Stages


def _empty(_rig: Rig) -> Stage:
    return {}


def _just_made(rig: Rig) -> Stage:
    return {"ada": rig.send("POST", "/users", ADA).document}


def _ada(rig: Rig) -> Stage:
    """Ada, who was made long ago."""
    return {"ada": rig.populate(ADA)[0]}


def _ada_and_bob(rig: Rig) -> Stage:
    return dict(zip(("ada", "bob"), rig.populate(ADA, BOB), strict=True))


def _moved(rig: Rig) -> Stage:
    """Ada, whose version is no longer the first."""
    return {"ada": rig.populate(ADA, version=2)[0]}


def _five(rig: Rig) -> Stage:
    users = [{"name": "Personal", "email": f"personal{number}@example.com"} for number in range(5)]
    return {"ids": {user["userId"] for user in rig.populate(*users)}}


def _second_page(rig: Rig) -> Stage:
    """The key of the second page, in the hands of a function that has not seen its secret."""
    stage = _five(rig)
    page = rig.send("GET", "/users", query="limit=2").document
    rig.rewire()
    return {**stage, "page": page}


def _path(stage: Stage) -> str:
    return f"/users/{stage['ada']['userId']}"


# Effects


def _one_ada(state: State, _stage: Stage) -> bool:
    return [as_seen(user).get("email") for user in state.users.values()] == [ADA["email"]]


def _nobody(state: State, _stage: Stage) -> bool:
    return not state.users and not state.records


def _recorded(state: State, stage: Stage) -> bool:
    return _one_ada(state, stage) and [record["userId"] for record in state.records.values()] == list(state.users)


def _same(state: State, stage: Stage) -> bool:
    """Every user as the stage left them."""
    left = {user["userId"]: user for user in (stage.get("ada"), stage.get("bob")) if user}
    return {user_id: as_seen(user) for user_id, user in state.users.items()} == left


def _changed(members: dict[str, Any]) -> Callable[[State, Stage], bool]:
    """Ada with these members, written once since she was made, or as often as the request was answered with success."""

    def made(state: State, stage: Stage) -> bool:
        user = state.users.get(stage["ada"]["userId"], {})
        wanted = {name: value for name, value in {**stage["ada"], **members}.items() if value is not None}
        same = {**as_seen(user), "updatedAt": ""} == {**wanted, "updatedAt": ""}
        written = bool(user.get("version") == 1 + stage.get("writes", 1))
        return same and written

    return made


def _gone(state: State, stage: Stage) -> bool:
    return not state.users and not state.claims


def _tells_the_user(reply: Reply, state: State, _stage: Stage) -> None:
    """The answer is the stored user, with its tag."""
    stored = state.users[reply.document["userId"]]
    assert reply.document == as_seen(stored)
    assert reply.headers["ETag"] == f'"{stored["version"]}"'


def _tells_the_pages(reply: Reply, _state: State, stage: Stage) -> None:
    """With the page before, if there was one, two different users more."""
    assert (reply.document["count"], reply.document["hasMore"]) == (2, True)
    seen = [user["userId"] for user in [*stage.get("page", {}).get("users", []), *reply.document["users"]]]
    assert len(set(seen)) == len(seen)
    assert set(seen) <= stage["ids"]


def _unchanged_list(state: State, stage: Stage) -> bool:
    return bool(set(state.users) == stage["ids"])


# Requests


def _post(headers: dict[str, str] | None = None) -> Callable[[Stage], Sent]:
    return lambda _stage: {"method": "POST", "path": "/users", "body": ADA, "headers": headers}


def _on_ada(method: str, body: Any = None, **headers: str) -> Callable[[Stage], Sent]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda stage: {"method": method, "path": _path(stage), "body": body, "headers": named}


def _page(stage: Stage) -> Sent:
    key = stage.get("page", {}).get("lastKey")
    return {"method": "GET", "path": "/users", "query": f"limit=2&lastKey={key}" if key else "limit=2"}


TRANSACT = ("TransactWriteItems", 1)
GET_ITEM = ("GetItem", 1)
UPDATE = ("UpdateItem", 1)
USER_REFUSED, CLAIM_REFUSED = "canceled 0 ConditionalCheckFailed", "canceled 1 ConditionalCheckFailed"
NAME, EMAIL = {"name": "Augusta Personal"}, {"email": "augusta.personal@example.com", "age": None}
CASE = {"email": "ada.PERSONAL@example.com"}

FLOWS = (
    Flow("create", (TRANSACT,), _empty, _post(), CREATED, _one_ada, _nobody,
         {False: CREATED, True: TAKEN}, _tells_the_user, {USER_REFUSED: CREATED, CLAIM_REFUSED: TAKEN}),
    Flow("create with a key", (TRANSACT,), _empty, _post(KEY), CREATED, _recorded, _nobody,
         {False: CREATED, True: CREATED}, _tells_the_user, {USER_REFUSED: CREATED, CLAIM_REFUSED: TAKEN},
         (UNAVAILABLE, IN_PROGRESS)),
    Flow("create taken", (TRANSACT,), _ada, _post(KEY), TAKEN, _same, _same, {True: TAKEN},
         refusals={CLAIM_REFUSED: TAKEN}, busy=(UNAVAILABLE, IN_PROGRESS)),
    Flow("get", (GET_ITEM,), _ada, _on_ada("GET"), OK, _same, _same, {True: OK}, _tells_the_user),
    Flow("list", (("Scan", 1), GET_ITEM, ("PutItem", 1)), _five, _page, OK, _unchanged_list, _unchanged_list,
         {True: OK}, _tells_the_pages),
    Flow("list on", (GET_ITEM, ("Scan", 1)), _second_page, _page, OK, _unchanged_list, _unchanged_list,
         {True: OK}, _tells_the_pages),
    Flow("put name", (UPDATE,), _ada, _on_ada("PUT", NAME), OK, _changed(NAME), _same,
         {False: OK, True: OK}, _tells_the_user),
    Flow("put name just after", (UPDATE,), _just_made, _on_ada("PUT", NAME), OK, _changed(NAME), _same,
         {False: OK, True: OK}, _tells_the_user, doubtful=(UNAVAILABLE,)),
    Flow("put name if match", (UPDATE,), _ada, _on_ada("PUT", NAME, If_Match='"1"'), OK, _changed(NAME), _same,
         {False: OK, True: STALE}, _tells_the_user),
    Flow("put stale", (UPDATE,), _moved, _on_ada("PUT", NAME, If_Match='"1"'), STALE, _same, _same, {True: STALE}),
    Flow("put email", (GET_ITEM, TRANSACT), _ada, _on_ada("PUT", EMAIL), OK, _changed(EMAIL), _same,
         {False: OK, True: OK}, _tells_the_user, {USER_REFUSED: MISSING, CLAIM_REFUSED: TAKEN}),
    Flow("put email if match", (GET_ITEM, TRANSACT), _ada, _on_ada("PUT", EMAIL, If_Match='"1"'), OK,
         _changed(EMAIL), _same, {False: OK, True: STALE}, _tells_the_user,
         {USER_REFUSED: MISSING, CLAIM_REFUSED: TAKEN}),
    Flow("put email taken", (GET_ITEM, TRANSACT), _ada_and_bob, _on_ada("PUT", {"email": BOB["email"]}), TAKEN,
         _same, _same, {True: TAKEN}, refusals={CLAIM_REFUSED: TAKEN}),
    Flow("put email in other case", (GET_ITEM, UPDATE), _ada, _on_ada("PUT", CASE), OK, _changed(CASE), _same,
         {False: OK, True: OK}, _tells_the_user),
    Flow("patch", (UPDATE,), _ada, _on_ada("PATCH", {"age": None}, Content_Type="application/merge-patch+json"), OK,
         _changed({"age": None}), _same, {False: OK, True: OK}, _tells_the_user),
    Flow("delete", (GET_ITEM, TRANSACT), _ada, _on_ada("DELETE"), OK, _gone, _same, {False: OK, True: MISSING},
         refusals={USER_REFUSED: MISSING}),
    Flow("delete if match", (GET_ITEM, TRANSACT), _ada, _on_ada("DELETE", If_Match='"1"'), OK, _gone, _same,
         {False: OK, True: MISSING}, refusals={USER_REFUSED: MISSING}),
    Flow("delete stale", (GET_ITEM, TRANSACT), _moved, _on_ada("DELETE", If_Match='"1"'), STALE, _same, _same,
         {True: STALE}, refusals={USER_REFUSED: MISSING}),
)  # fmt: skip
NAMED = {flow.name: flow for flow in FLOWS}

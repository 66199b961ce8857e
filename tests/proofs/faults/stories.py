"""What happens when another writer comes in between, told one meeting at a time.

Each story lets the other writer in at one exact moment: after a call was made and before it reaches DynamoDB, or after
it took effect and before its answer is lost. Its docstring is the promise; docs/reference/guarantees.md repeats it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from tests.proofs.faults.flows import ADA, BOB, KEY, UNKNOWN, answer_of
from tests.proofs.faults.invariants import as_seen
from tests.proofs.faults.kinds import ALWAYS, Fault
from tests.proofs.faults.rig import Reply, Rig
from tests.proofs.faults.storms import persist

Story = Callable[[Rig], None]
STORIES: dict[str, Story] = {}

NEW = "augusta.personal@example.com"
OTHERS = "grace.personal@example.com"
STALE, MISSING, TAKEN = (412, "precondition_failed"), (404, "user_not_found"), (409, "email_in_use")
UNAVAILABLE = (503, "unavailable")


def story(function: Story) -> Story:
    """Register a story under its name in plain words."""
    STORIES[function.__name__.removeprefix("_").replace("_", " ")] = function
    return function


def tell(rig: Rig, name: str) -> None:
    """Run one story on empty tables with a fresh function; AssertionError for whatever does not hold."""
    rig.wipe()
    rig.rewire()
    STORIES[name](rig)
    rig.state()


def _other(rig: Rig, *request: Any, **more: Any) -> Callable[[], Reply]:
    """Another client's request, which meets no faults and no writers."""
    return lambda: rig.undisturbed(*request, **more)


def _before(operation: str, meanwhile: Callable[[], Any], nth: int = 1, times: int = 1) -> Fault:
    return Fault(operation, nth, "none", times=times, meanwhile=meanwhile)


def _lost(operation: str, afterwards: Callable[[], Any], times: int = 1) -> Fault:
    return Fault(operation, 1, "closed", after=True, times=times, afterwards=_once(afterwards))


def _once(action: Callable[[], Any]) -> Callable[[], Any]:
    left = [action]
    return lambda: left.pop()() if left else None


def _create(rig: Rig, user: dict[str, Any] = ADA, **more: Any) -> str:
    reply = rig.send("POST", "/users", user, **more)
    assert reply.status == 201
    return f"/users/{reply.document['userId']}"


def _stored(rig: Rig) -> dict[str, Any]:
    """The only user there is."""
    [user] = rig.state().users.values()
    return user


def _is(reply: Reply, status: int, code: str = "") -> None:
    assert answer_of(reply) == (status, code)


# Before the write


@story
def _an_email_taken_just_before_a_create(rig: Rig) -> None:
    """Of two users with one email the second is refused, at whatever moment the first comes."""
    other = _before("TransactWriteItems", _other(rig, "POST", "/users", {**ADA, "name": "First Personal"}))
    _is(rig.faulted((other,), "POST", "/users", {**ADA, "email": str(ADA["email"]).upper()}), *TAKEN)
    assert _stored(rig)["name"] == "First Personal"


@story
def _the_same_keyed_request_answered_meanwhile(rig: Rig) -> None:
    """The same key and body give one user, and the first answer again."""
    first: list[Reply] = []
    other = _before("TransactWriteItems", lambda: first.append(rig.undisturbed("POST", "/users", ADA, headers=KEY)))
    reply = rig.faulted((other,), "POST", "/users", ADA, headers=KEY)
    assert (reply.status, reply.body) == (201, first[0].body)
    assert "Idempotency-Replayed" not in first[0].headers
    assert reply.headers["Idempotency-Replayed"] == "true"


@story
def _the_same_key_used_for_another_body_meanwhile(rig: Rig) -> None:
    """One key with two bodies: the second is told so, and nothing is made of it."""
    other = _before("TransactWriteItems", _other(rig, "POST", "/users", BOB, headers=KEY))
    _is(rig.faulted((other,), "POST", "/users", ADA, headers=KEY), 422, "idempotency_key_reused")
    assert _stored(rig)["email"] == BOB["email"]


@story
def _the_same_key_of_another_caller(rig: Rig) -> None:
    """Keys belong to their caller."""
    first = rig.send("POST", "/users", ADA, headers=KEY, caller="first")
    second = rig.send("POST", "/users", BOB, headers=KEY, caller="second")
    assert (first.status, second.status) == (201, 201)
    assert len(rig.state().records) == 2


@story
def _a_user_deleted_just_before_put_name(rig: Rig) -> None:
    """An update never brings back a user that was deleted."""
    path = _create(rig)
    other = _before("UpdateItem", _other(rig, "DELETE", path))
    _is(rig.faulted((other,), "PUT", path, {"name": "Ghost Personal"}), *MISSING)
    assert not rig.state().users


@story
def _a_user_deleted_just_before_put_email(rig: Rig) -> None:
    """Nor does one that changes the email, and it claims none."""
    path = _create(rig)
    other = _before("TransactWriteItems", _other(rig, "DELETE", path))
    _is(rig.faulted((other,), "PUT", path, {"email": NEW}), *MISSING)
    assert not rig.state().users


@story
def _an_email_taken_just_before_put_email(rig: Rig) -> None:
    """A taken email is refused and the user stays as it was."""
    path = _create(rig)
    before = _stored(rig)
    other = _before("TransactWriteItems", _other(rig, "POST", "/users", {**BOB, "email": NEW}))
    _is(rig.faulted((other,), "PUT", path, {"email": NEW, "name": "Half Personal"}), *TAKEN)
    assert rig.state().users[before["userId"]] == before


@story
def _a_name_changed_between_read_and_write_of_put_email(rig: Rig) -> None:
    """Both changes are kept."""
    path = _create(rig)
    other = _before("TransactWriteItems", _other(rig, "PUT", path, {"name": "Other Personal"}))
    reply = rig.faulted((other,), "PUT", path, {"email": NEW})
    _is(reply, 200)
    user = _stored(rig)
    assert (user["name"], user["email"], user["version"]) == ("Other Personal", NEW, 3)
    assert reply.document == as_seen(user)


@story
def _an_email_changed_between_read_and_write_of_put_email(rig: Rig) -> None:
    """The last write wins, and no claim of the emails before it is left behind."""
    path = _create(rig)
    other = _before("TransactWriteItems", _other(rig, "PUT", path, {"email": OTHERS}))
    _is(rig.faulted((other,), "PUT", path, {"email": NEW}), 200)
    assert list(rig.state().claims) == [NEW]


@story
def _an_email_changed_between_read_and_write_of_its_spelling(rig: Rig) -> None:
    """An email that only changes its case needs no claim, unless it has become another email meanwhile."""
    path = _create(rig)
    other = _before("UpdateItem", _other(rig, "PUT", path, {"email": OTHERS}))
    _is(rig.faulted((other,), "PUT", path, {"email": "ada.PERSONAL@example.com"}), 200)
    assert _stored(rig)["email"] == "ada.PERSONAL@example.com"


@story
def _an_email_changed_between_read_and_write_of_a_delete(rig: Rig) -> None:
    """A deleted user leaves no claim, whatever its email has become."""
    path = _create(rig)
    other = _before("TransactWriteItems", _other(rig, "PUT", path, {"email": OTHERS}))
    _is(rig.faulted((other,), "DELETE", path), 200)
    assert not rig.state().claims


@story
def _a_user_deleted_and_made_again_before_a_delete(rig: Rig) -> None:
    """A claim is only ever freed by its owner."""
    path = _create(rig)

    def meanwhile() -> None:
        rig.undisturbed("DELETE", path)
        rig.undisturbed("POST", "/users", ADA)

    _is(rig.faulted((_before("TransactWriteItems", meanwhile),), "DELETE", path), *MISSING)
    assert len(rig.state().claims) == 1


@story
def _a_write_just_before_a_put_if_match(rig: Rig) -> None:
    """If-Match is decided by the write itself: 412 with the tag of the state that was met."""
    path = _create(rig)
    other = _before("UpdateItem", _other(rig, "PUT", path, {"age": 40}))
    reply = rig.faulted((other,), "PUT", path, {"name": "Late Personal"}, headers={"If-Match": '"1"'})
    _is(reply, *STALE)
    assert reply.headers["ETag"] == '"2"'
    assert _stored(rig)["name"] == ADA["name"]


@story
def _a_write_just_before_a_put_email_if_match(rig: Rig) -> None:
    """Also where the email had to be read first."""
    path = _create(rig)
    other = _before("TransactWriteItems", _other(rig, "PUT", path, {"age": 40}))
    reply = rig.faulted((other,), "PUT", path, {"email": NEW}, headers={"If-Match": '"1"'})
    _is(reply, *STALE)
    assert reply.headers["ETag"] == '"2"'


@story
def _a_write_just_before_a_delete_if_match(rig: Rig) -> None:
    """And where a user is deleted."""
    path = _create(rig)
    other = _before("TransactWriteItems", _other(rig, "PUT", path, {"age": 40}))
    reply = rig.faulted((other,), "DELETE", path, headers={"If-Match": '"1"'})
    _is(reply, *STALE)
    assert reply.headers["ETag"] == '"2"'


@story
def _a_writer_that_is_always_faster(rig: Rig) -> None:
    """A write that is overtaken again and again gives up with 503 after eight tries."""
    path = _create(rig)
    ages = iter(range(20, 60))
    other = _before("TransactWriteItems", lambda: rig.undisturbed("PUT", path, {"age": next(ages)}), times=ALWAYS)
    _is(rig.faulted((other,), "PUT", path, {"email": NEW}), *UNAVAILABLE)
    assert [seen.operation for seen in rig.proxy.seen if seen.fault] == ["TransactWriteItems"] * 8
    assert _stored(rig)["email"] == ADA["email"]


@story
def _a_page_secret_made_by_two_functions_at_once(rig: Rig) -> None:
    """There is one secret, and the page keys of both functions are good."""
    for number in range(3):
        _create(rig, {"name": "Personal", "email": f"personal{number}@example.com"})
    keys: list[str] = []

    def meanwhile() -> None:
        rig.system.module("wiring")._page_secrets.clear()
        keys.append(rig.undisturbed("GET", "/users", query="limit=1").document["lastKey"])
        rig.system.module("wiring")._page_secrets.clear()

    page = rig.faulted((_before("PutItem", meanwhile),), "GET", "/users", query="limit=1")
    for key in (*keys, page.document["lastKey"]):
        assert rig.send("GET", "/users", query=f"limit=1&lastKey={key}").status == 200


# After the write, before its answer is lost


@story
def _a_created_user_deleted_before_the_answer_was_known(rig: Rig) -> None:
    """201: it was made. It is gone since, and is not made twice."""

    def afterwards() -> None:
        [user_id] = rig.state().users
        rig.undisturbed("DELETE", f"/users/{user_id}")

    reply = rig.faulted((_lost("TransactWriteItems", afterwards),), "POST", "/users", ADA)
    _is(reply, 201)
    assert not rig.state().users
    _is(rig.send("GET", f"/users/{reply.document['userId']}"), *MISSING)


@story
def _a_changed_email_overtaken_before_the_answer_was_known(rig: Rig) -> None:
    """200 with the user as this write left it; the later write stands."""
    path = _create(rig)
    lost = _lost("TransactWriteItems", _other(rig, "PUT", path, {"name": "Later Personal", "email": OTHERS}))
    reply = rig.faulted((lost,), "PUT", path, {"email": NEW})
    assert (reply.status, reply.document["email"], reply.headers["ETag"]) == (200, NEW, '"2"')
    assert (_stored(rig)["email"], _stored(rig)["version"]) == (OTHERS, 3)


@story
def _a_changed_email_of_a_user_deleted_before_the_answer_was_known(rig: Rig) -> None:
    """200: it was changed. The user is gone since, and stays gone."""
    path = _create(rig)
    reply = rig.faulted((_lost("TransactWriteItems", _other(rig, "DELETE", path)),), "PUT", path, {"email": NEW})
    _is(reply, 200)
    assert not rig.state().users


@story
def _a_deleted_user_made_again_before_the_answer_was_known(rig: Rig) -> None:
    """200: it was deleted. The new user with its email stays."""
    path = _create(rig)
    reply = rig.faulted((_lost("TransactWriteItems", _other(rig, "POST", "/users", ADA)),), "DELETE", path)
    _is(reply, 200)
    assert f"/users/{_stored(rig)['userId']}" != path


@story
def _a_put_if_match_overtaken_before_the_answer_was_known(rig: Rig) -> None:
    """503: made and overtaken, or never made, nobody can tell. It is not made twice, and 412 when asked again."""
    path = _create(rig)
    asked = ("PUT", path, {"name": "Mine Personal"})
    lost = _lost("UpdateItem", _other(rig, "PUT", path, {"name": "Theirs Personal"}))
    _is(rig.faulted((lost,), *asked, headers={"If-Match": '"1"'}), *UNAVAILABLE)
    assert (_stored(rig)["name"], _stored(rig)["version"]) == ("Theirs Personal", 3)
    _is(rig.send(*asked, headers={"If-Match": '"1"'}), *STALE)


@story
def _a_put_of_a_user_deleted_before_the_answer_was_known(rig: Rig) -> None:
    """503 or 404, never a ghost; 404 when asked again."""
    path = _create(rig)
    for headers in (None, {"If-Match": '"1"'}):
        rig.wipe()
        path = _create(rig)
        lost = _lost("UpdateItem", _other(rig, "DELETE", path))
        reply = rig.faulted((lost,), "PUT", path, {"name": "Mine Personal"}, headers=headers)
        assert answer_of(reply) in (UNAVAILABLE, MISSING)
        assert not rig.state().users
        _is(rig.send("PUT", path, {"name": "Mine Personal"}, headers=headers), *MISSING)


@story
def _a_put_overtaken_before_the_answer_was_known(rig: Rig) -> None:
    """Also without If-Match: 503, and the later write stands. It is never made over it."""
    path = _create(rig)
    rig.backdate(path.rpartition("/")[2])
    lost = _lost("UpdateItem", _other(rig, "PUT", path, {"name": "Theirs Personal"}))
    _is(rig.faulted((lost,), "PUT", path, {"name": "Mine Personal"}), *UNAVAILABLE)
    user = _stored(rig)
    assert (user["name"], user["version"]) == ("Theirs Personal", 3)


@story
def _a_put_that_never_arrived_beside_another(rig: Rig) -> None:
    """503 without If-Match: it may have been made and overtaken. With If-Match it is certain that it was not: 412."""
    for headers, answer in ((None, UNAVAILABLE), ({"If-Match": '"1"'}, STALE)):
        rig.wipe()
        path = _create(rig)
        other = Fault("UpdateItem", 1, "closed", meanwhile=_other(rig, "PUT", path, {"name": "Theirs Personal"}))
        _is(rig.faulted((other,), "PUT", path, {"name": "Mine Personal"}, headers=headers), *answer)
        assert (_stored(rig)["name"], _stored(rig)["version"]) == ("Theirs Personal", 2)


@story
def _a_put_that_never_arrived_of_a_user_left_alone(rig: Rig) -> None:
    """200: it is certain that it was not made, so it is made."""
    path = _create(rig)
    rig.backdate(path.rpartition("/")[2])
    _is(rig.faulted((Fault("UpdateItem", 1, "closed"),), "PUT", path, {"name": "Mine Personal"}), 200)
    assert (_stored(rig)["name"], _stored(rig)["version"]) == ("Mine Personal", 2)
    assert [seen.operation for seen in rig.proxy.seen] == ["UpdateItem", "GetItem", "UpdateItem"]


@story
def _a_put_that_arrives_after_its_repetition(rig: Rig) -> None:
    """It finds itself made, and is not made again."""
    path = _create(rig)
    rig.backdate(path.rpartition("/")[2])
    _is(rig.faulted((Fault("UpdateItem", 1, "delayed"),), "PUT", path, {"name": "Mine Personal"}), 200)
    assert (_stored(rig)["name"], _stored(rig)["version"]) == ("Mine Personal", 2)


@story
def _a_create_that_stays_unanswered_without_a_key(rig: Rig) -> None:
    """503, and then an honest 409 about the client's own user: this is what Idempotency-Key is for."""
    _is(rig.faulted((Fault("*", 1, "closed", True, ALWAYS),), "POST", "/users", ADA), *UNAVAILABLE)
    _is(rig.send("POST", "/users", ADA), *TAKEN)
    assert _stored(rig)["version"] == 1


@story
def _a_create_that_stays_unanswered_with_a_key(rig: Rig) -> None:
    """503, and then 201 with the user that was made, however often it is asked."""
    _is(rig.faulted((Fault("*", 1, "closed", True, ALWAYS),), "POST", "/users", ADA, headers=KEY), *UNAVAILABLE)
    made = _stored(rig)
    replies = [rig.send("POST", "/users", ADA, headers=KEY) for _ in range(3)]
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert replies[0].document == as_seen(made)
    assert _stored(rig) == made


@story
def _a_keyed_create_sent_again_through_storms(rig: Rig) -> None:
    """Whatever goes wrong on the way, as often as it takes: one user, and in the end its 201."""
    for seed in range(1, 6):
        persist(rig, seed)


@story
def _a_connection_that_died_while_nobody_used_it(rig: Rig) -> None:
    """It costs a new connection and nothing else, whether its end was seen before the next request or not."""
    for death in (rig.proxy.drop, None):
        rig.wipe()
        path = f"/users/{rig.populate(ADA)[0]['userId']}"
        for version, request in enumerate([("PUT", path, {"name": "New Personal"}), ("PUT", path, {"email": NEW})], 2):
            rig.send("GET", path)
            faults = () if death else (Fault("*", 1, "reset"),)
            if death:
                death()
            _is(rig.faulted(faults, *request), 200)
            assert _stored(rig)["version"] == version
            rig.backdate(path.rpartition("/")[2])
        rig.send("GET", path)
        rig.proxy.drop()
        _is(rig.send("DELETE", path), 200)


@story
def _a_keyed_create_cut_off_after_any_of_its_calls(rig: Rig) -> None:
    """Wherever a function is cut off, user, claim and record are all there or none, and the key converges to 201."""
    for call in (1, 2, 3):
        rig.wipe()
        rig.rewire()
        rig.faulted((Fault("*", call, "closed", True, ALWAYS),), "POST", "/users", ADA, headers=KEY)
        made = rig.state()
        assert len(made.users) == len(made.records)
        reply = rig.send("POST", "/users", ADA, headers=KEY)
        assert (reply.status, reply.document["userId"]) == (201, _stored(rig)["userId"])


@story
def _a_delete_cut_off_after_any_of_its_calls(rig: Rig) -> None:
    """Nor does a delete leave a claim behind, or a user without one."""
    for call in (1, 2, 3):
        rig.wipe()
        path = _create(rig)
        rig.faulted((Fault("*", call, "closed", True, ALWAYS),), "DELETE", path)
        assert len(rig.state().users) == len(rig.state().claims)
        assert rig.send("DELETE", path).status in (200, 404)
        assert rig.send("POST", "/users", ADA).status == 201


# What was written is read


@story
def _a_replica_that_is_behind(rig: Rig) -> None:
    """Reads see every write that was answered: they ask for it, and a replica that is behind is not asked."""
    path = _create(rig)
    behind = (Fault("*", 1, "stale", times=ALWAYS),)
    assert rig.faulted(behind, "GET", path).status == 200
    assert rig.faulted(behind, "GET", "/users").document["count"] == 1
    assert rig.faulted(behind, "PUT", path, {"email": NEW}).status == 200
    page = rig.faulted(behind, "POST", "/users", BOB) and rig.faulted(behind, "GET", "/users", query="limit=1")
    rig.rewire()
    assert rig.faulted(behind, "GET", "/users", query=f"limit=1&lastKey={page.document['lastKey']}").status == 200
    _is(rig.faulted(behind, "GET", f"/users/{UNKNOWN}"), *MISSING)


@story
def _an_empty_page_that_is_not_the_last(rig: Rig) -> None:
    """An empty page with a key to go on from is not the end of the list."""
    path = _create(rig)
    page = rig.faulted((Fault("Scan", 1, "empty page"),), "GET", "/users").document
    assert (page["users"], page["count"], page["hasMore"]) == ([], 0, True)
    reply = rig.send("GET", "/users", query=f"lastKey={page['lastKey']}")
    assert reply.status == 200
    assert path


@story
def _a_page_key_that_was_tampered_with(rig: Rig) -> None:
    """A page key that was not handed out is refused, whichever of its characters was changed."""
    for user in (ADA, BOB):
        _create(rig, user)
    key: str = rig.send("GET", "/users", query="limit=1").document["lastKey"]
    assert rig.send("GET", "/users", query=f"limit=1&lastKey={key}").status == 200
    for at in range(len(key)):
        forged = key[:at] + ("B" if key[at] == "A" else "A") + key[at + 1 :]
        reply = rig.send("GET", "/users", query=f"limit=1&lastKey={forged}")
        assert reply.status == 400, f"character {at}"


@story
def _the_same_body_in_another_order(rig: Rig) -> None:
    """A body is the same whatever the order of its members and the white space between them."""
    first = rig.send("POST", "/users", ADA, headers=KEY)
    turned = json.dumps(dict(reversed(ADA.items())), indent=3)
    again = rig.send("POST", "/users", turned, headers=KEY)
    assert (first.status, again.status, again.body) == (201, 201, first.body)


@story
def _a_key_used_again_after_a_day(rig: Rig) -> None:
    """A key that was used more than 24 hours ago is free, whether or not its record has been swept."""
    first = rig.send("POST", "/users", ADA, headers=KEY)
    rig.send("DELETE", f"/users/{first.document['userId']}")
    assert rig.send("POST", "/users", ADA, headers=KEY).body == first.body
    [(_, record)] = rig.state().records.items()
    assert 24 * 3600 - 60 <= record["expiresAt"] - time.time() <= 24 * 3600
    rig.expire(record["key"])
    again = rig.send("POST", "/users", ADA, headers=KEY)
    assert (again.status, "Idempotency-Replayed" in again.headers) == (201, False)
    assert again.document["userId"] != first.document["userId"]

"""What happens when a call took effect and its answer is lost, and when a request never arrives or arrives late."""

from __future__ import annotations

from tests.proofs.faults.flow import answer_of
from tests.proofs.faults.flows import ADA
from tests.proofs.faults.kinds import Fault
from tests.proofs.faults.rig import Rig
from tests.proofs.faults.story import (
    MISSING,
    NEW,
    OTHERS,
    STALE,
    UNAVAILABLE,
    another,
    answer_lost,
    assert_is,
    create,
    stored,
    story,
)


@story
def _a_created_user_deleted_before_the_answer_was_known(rig: Rig) -> None:
    """201: it was made. It is gone since, and is not made twice."""

    def afterwards() -> None:
        [user_id] = rig.state().users
        rig.undisturbed("DELETE", f"/users/{user_id}")

    reply = rig.faulted((answer_lost("TransactWriteItems", afterwards),), "POST", "/users", ADA)
    assert_is(reply, 201)
    assert not rig.state().users
    assert_is(rig.send("GET", f"/users/{reply.document['userId']}"), *MISSING)


@story
def _a_changed_email_overtaken_before_the_answer_was_known(rig: Rig) -> None:
    """200 with the user as this write left it; the later write stands."""
    path = create(rig)
    lost = answer_lost("TransactWriteItems", another(rig, "PUT", path, {"name": "Later Personal", "email": OTHERS}))
    reply = rig.faulted((lost,), "PUT", path, {"email": NEW})
    assert (reply.status, reply.document["email"], reply.headers["ETag"]) == (200, NEW, '"2"')
    assert (stored(rig)["email"], stored(rig)["version"]) == (OTHERS, 3)


@story
def _a_changed_email_of_a_user_deleted_before_the_answer_was_known(rig: Rig) -> None:
    """200: it was changed. The user is gone since, and stays gone."""
    path = create(rig)
    reply = rig.faulted((answer_lost("TransactWriteItems", another(rig, "DELETE", path)),), "PUT", path, {"email": NEW})
    assert_is(reply, 200)
    assert not rig.state().users


@story
def _a_deleted_user_made_again_before_the_answer_was_known(rig: Rig) -> None:
    """200: it was deleted. The new user with its email stays."""
    path = create(rig)
    reply = rig.faulted((answer_lost("TransactWriteItems", another(rig, "POST", "/users", ADA)),), "DELETE", path)
    assert_is(reply, 200)
    assert f"/users/{stored(rig)['userId']}" != path


@story
def _a_put_if_match_overtaken_before_the_answer_was_known(rig: Rig) -> None:
    """503: made and overtaken, or never made, nobody can tell. It is not made twice, and 412 when asked again."""
    path = create(rig)
    asked = ("PUT", path, {"name": "Mine Personal"})
    lost = answer_lost("UpdateItem", another(rig, "PUT", path, {"name": "Theirs Personal"}))
    assert_is(rig.faulted((lost,), *asked, headers={"If-Match": '"1"'}), *UNAVAILABLE)
    assert (stored(rig)["name"], stored(rig)["version"]) == ("Theirs Personal", 3)
    assert_is(rig.send(*asked, headers={"If-Match": '"1"'}), *STALE)


@story
def _a_put_of_a_user_deleted_before_the_answer_was_known(rig: Rig) -> None:
    """503 or 404, never a ghost; 404 when asked again."""
    path = create(rig)
    for headers in (None, {"If-Match": '"1"'}):
        rig.wipe()
        path = create(rig)
        lost = answer_lost("UpdateItem", another(rig, "DELETE", path))
        reply = rig.faulted((lost,), "PUT", path, {"name": "Mine Personal"}, headers=headers)
        assert answer_of(reply) in (UNAVAILABLE, MISSING)
        assert not rig.state().users
        assert_is(rig.send("PUT", path, {"name": "Mine Personal"}, headers=headers), *MISSING)


@story
def _a_put_overtaken_before_the_answer_was_known(rig: Rig) -> None:
    """Also without If-Match: 503, and the later write stands. It is never made over it."""
    path = create(rig)
    rig.backdate(path.rpartition("/")[2])
    lost = answer_lost("UpdateItem", another(rig, "PUT", path, {"name": "Theirs Personal"}))
    assert_is(rig.faulted((lost,), "PUT", path, {"name": "Mine Personal"}), *UNAVAILABLE)
    user = stored(rig)
    assert (user["name"], user["version"]) == ("Theirs Personal", 3)


@story
def _a_put_that_never_arrived_beside_another(rig: Rig) -> None:
    """503 without If-Match: it may have been made and overtaken. With If-Match it is certain that it was not: 412."""
    for headers, answer in ((None, UNAVAILABLE), ({"If-Match": '"1"'}, STALE)):
        rig.wipe()
        path = create(rig)
        other = Fault("UpdateItem", 1, "closed", meanwhile=another(rig, "PUT", path, {"name": "Theirs Personal"}))
        assert_is(rig.faulted((other,), "PUT", path, {"name": "Mine Personal"}, headers=headers), *answer)
        assert (stored(rig)["name"], stored(rig)["version"]) == ("Theirs Personal", 2)


@story
def _a_put_that_never_arrived_of_a_user_left_alone(rig: Rig) -> None:
    """200: it is certain that it was not made, so it is made."""
    path = create(rig)
    rig.backdate(path.rpartition("/")[2])
    assert_is(rig.faulted((Fault("UpdateItem", 1, "closed"),), "PUT", path, {"name": "Mine Personal"}), 200)
    assert (stored(rig)["name"], stored(rig)["version"]) == ("Mine Personal", 2)
    assert [seen.operation for seen in rig.proxy.seen] == ["UpdateItem", "GetItem", "UpdateItem"]


@story
def _a_put_that_arrives_after_its_repetition(rig: Rig) -> None:
    """It finds itself made, and is not made again."""
    path = create(rig)
    rig.backdate(path.rpartition("/")[2])
    assert_is(rig.faulted((Fault("UpdateItem", 1, "delayed"),), "PUT", path, {"name": "Mine Personal"}), 200)
    assert (stored(rig)["name"], stored(rig)["version"]) == ("Mine Personal", 2)


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
            assert_is(rig.faulted(faults, *request), 200)
            assert stored(rig)["version"] == version
            rig.backdate(path.rpartition("/")[2])
        rig.send("GET", path)
        rig.proxy.drop()
        assert_is(rig.send("DELETE", path), 200)

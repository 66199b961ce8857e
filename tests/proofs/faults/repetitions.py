"""What happens when a client sends its request again."""

from __future__ import annotations

import json
import time

from tests.proofs.faults.flows import ADA, BOB, KEY
from tests.proofs.faults.invariants import as_seen
from tests.proofs.faults.kinds import ALWAYS, Fault
from tests.proofs.faults.rig import Reply, Rig
from tests.proofs.faults.storms import persist
from tests.proofs.faults.story import (
    TAKEN,
    UNAVAILABLE,
    another,
    assert_is,
    create,
    just_before,
    stored,
    story,
)


@story
def _the_same_keyed_request_answered_meanwhile(rig: Rig) -> None:
    """The same key and body give one user, and the first answer again."""
    first: list[Reply] = []
    other = just_before("TransactWriteItems", lambda: first.append(rig.undisturbed("POST", "/users", ADA, headers=KEY)))
    reply = rig.faulted((other,), "POST", "/users", ADA, headers=KEY)
    assert (reply.status, reply.body) == (201, first[0].body)
    assert "Idempotency-Replayed" not in first[0].headers
    assert reply.headers["Idempotency-Replayed"] == "true"


@story
def _the_same_key_used_for_another_body_meanwhile(rig: Rig) -> None:
    """One key with two bodies: the second is told so, and nothing is made of it."""
    other = just_before("TransactWriteItems", another(rig, "POST", "/users", BOB, headers=KEY))
    assert_is(rig.faulted((other,), "POST", "/users", ADA, headers=KEY), 422, "idempotency_key_reused")
    assert stored(rig)["email"] == BOB["email"]


@story
def _the_same_key_of_another_caller(rig: Rig) -> None:
    """Keys belong to their caller."""
    first = rig.send("POST", "/users", ADA, headers=KEY, caller="first")
    second = rig.send("POST", "/users", BOB, headers=KEY, caller="second")
    assert (first.status, second.status) == (201, 201)
    assert len(rig.state().records) == 2


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


@story
def _a_create_that_stays_unanswered_without_a_key(rig: Rig) -> None:
    """503, and then an honest 409 about the client's own user: this is what Idempotency-Key is for."""
    assert_is(rig.faulted((Fault("*", 1, "closed", True, ALWAYS),), "POST", "/users", ADA), *UNAVAILABLE)
    assert_is(rig.send("POST", "/users", ADA), *TAKEN)
    assert stored(rig)["version"] == 1


@story
def _a_create_that_stays_unanswered_with_a_key(rig: Rig) -> None:
    """503, and then 201 with the user that was made, however often it is asked."""
    assert_is(rig.faulted((Fault("*", 1, "closed", True, ALWAYS),), "POST", "/users", ADA, headers=KEY), *UNAVAILABLE)
    made = stored(rig)
    replies = [rig.send("POST", "/users", ADA, headers=KEY) for _ in range(3)]
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert replies[0].document == as_seen(made)
    assert stored(rig) == made


@story
def _a_keyed_create_sent_again_through_storms(rig: Rig) -> None:
    """Whatever goes wrong on the way, as often as it takes: one user, and in the end its 201."""
    for seed in range(1, 6):
        persist(rig, seed)


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
        assert (reply.status, reply.document["userId"]) == (201, stored(rig)["userId"])


@story
def _a_delete_cut_off_after_any_of_its_calls(rig: Rig) -> None:
    """Nor does a delete leave a claim behind, or a user without one."""
    for call in (1, 2, 3):
        rig.wipe()
        path = create(rig)
        rig.faulted((Fault("*", call, "closed", True, ALWAYS),), "DELETE", path)
        assert len(rig.state().users) == len(rig.state().claims)
        assert rig.send("DELETE", path).status in (200, 404)
        assert rig.send("POST", "/users", ADA).status == 201

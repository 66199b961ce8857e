"""What is read: fresh, whole, and only by keys that were handed out."""

from __future__ import annotations

from tests.proofs.faults.flows import ADA, BOB, UNKNOWN
from tests.proofs.faults.kinds import ALWAYS, Fault
from tests.proofs.faults.rig import Rig
from tests.proofs.faults.story import MISSING, NEW, assert_is, create, just_before, story


@story
def _a_replica_that_is_behind(rig: Rig) -> None:
    """Reads see every write that was answered: they ask for it, and a replica that is behind is not asked."""
    path = create(rig)
    behind = (Fault("*", 1, "stale", times=ALWAYS),)
    assert rig.faulted(behind, "GET", path).status == 200
    assert rig.faulted(behind, "GET", "/users").document["count"] == 1
    assert rig.faulted(behind, "PUT", path, {"email": NEW}).status == 200
    create(rig, BOB)
    page = rig.faulted(behind, "GET", "/users", query="limit=1")
    rig.rewire()
    assert rig.faulted(behind, "GET", "/users", query=f"limit=1&lastKey={page.document['lastKey']}").status == 200
    assert_is(rig.faulted(behind, "GET", f"/users/{UNKNOWN}"), *MISSING)


@story
def _an_empty_page_that_is_not_the_last(rig: Rig) -> None:
    """An empty page with a key to go on from is not the end of the list."""
    create(rig)
    page = rig.faulted((Fault("Scan", 1, "empty page"),), "GET", "/users").document
    assert (page["users"], page["count"], page["hasMore"]) == ([], 0, True)
    reply = rig.send("GET", "/users", query=f"lastKey={page['lastKey']}")
    assert reply.status == 200


@story
def _a_cursor_that_was_tampered_with(rig: Rig) -> None:
    """A cursor that the list did not return is rejected, whichever of its characters was changed."""
    for user in (ADA, BOB):
        create(rig, user)
    key: str = rig.send("GET", "/users", query="limit=1").document["lastKey"]
    assert rig.send("GET", "/users", query=f"limit=1&lastKey={key}").status == 200
    for at in range(len(key)):
        forged = key[:at] + ("B" if key[at] == "A" else "A") + key[at + 1 :]
        reply = rig.send("GET", "/users", query=f"limit=1&lastKey={forged}")
        assert reply.status == 400, f"character {at}"


@story
def _a_cursor_secret_made_by_two_functions_at_once(rig: Rig) -> None:
    """There is one secret, and the cursors of both functions are good."""
    for number in range(3):
        create(rig, {"name": "Personal", "email": f"personal{number}@example.com"})
    keys: list[str] = []

    def meanwhile() -> None:
        rig.system.module("wiring")._cursor_secrets.clear()
        keys.append(rig.undisturbed("GET", "/users", query="limit=1").document["lastKey"])
        rig.system.module("wiring")._cursor_secrets.clear()

    page = rig.faulted((just_before("PutItem", meanwhile),), "GET", "/users", query="limit=1")
    for key in (*keys, page.document["lastKey"]):
        assert rig.send("GET", "/users", query=f"limit=1&lastKey={key}").status == 200

"""What happens when another writer comes in after a call was made and before it reaches DynamoDB."""

from __future__ import annotations

from tests.proofs.faults.flows import ADA, BOB
from tests.proofs.faults.invariants import as_seen
from tests.proofs.faults.kinds import ALWAYS
from tests.proofs.faults.rig import Rig
from tests.proofs.faults.story import (
    MISSING,
    NEW,
    OTHERS,
    STALE,
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
def _an_email_taken_just_before_a_create(rig: Rig) -> None:
    """Of two users with one email the second is refused, at whatever moment the first comes."""
    other = just_before("TransactWriteItems", another(rig, "POST", "/users", {**ADA, "name": "First Personal"}))
    assert_is(rig.faulted((other,), "POST", "/users", {**ADA, "email": str(ADA["email"]).upper()}), *TAKEN)
    assert stored(rig)["name"] == "First Personal"


@story
def _a_user_deleted_just_before_put_name(rig: Rig) -> None:
    """An update never brings back a user that was deleted."""
    path = create(rig)
    other = just_before("UpdateItem", another(rig, "DELETE", path))
    assert_is(rig.faulted((other,), "PUT", path, {"name": "Ghost Personal"}), *MISSING)
    assert not rig.state().users


@story
def _a_user_deleted_just_before_put_email(rig: Rig) -> None:
    """Nor does one that changes the email, and it claims none."""
    path = create(rig)
    other = just_before("TransactWriteItems", another(rig, "DELETE", path))
    assert_is(rig.faulted((other,), "PUT", path, {"email": NEW}), *MISSING)
    assert not rig.state().users


@story
def _an_email_taken_just_before_put_email(rig: Rig) -> None:
    """A taken email is refused and the user stays as it was."""
    path = create(rig)
    before = stored(rig)
    other = just_before("TransactWriteItems", another(rig, "POST", "/users", {**BOB, "email": NEW}))
    assert_is(rig.faulted((other,), "PUT", path, {"email": NEW, "name": "Half Personal"}), *TAKEN)
    assert rig.state().users[before["userId"]] == before


@story
def _a_name_changed_between_read_and_write_of_put_email(rig: Rig) -> None:
    """Both changes are kept."""
    path = create(rig)
    other = just_before("TransactWriteItems", another(rig, "PUT", path, {"name": "Other Personal"}))
    reply = rig.faulted((other,), "PUT", path, {"email": NEW})
    assert_is(reply, 200)
    user = stored(rig)
    assert (user["name"], user["email"], user["version"]) == ("Other Personal", NEW, 3)
    assert reply.document == as_seen(user)


@story
def _an_email_changed_between_read_and_write_of_put_email(rig: Rig) -> None:
    """The last write wins, and no claim of the emails before it is left behind."""
    path = create(rig)
    other = just_before("TransactWriteItems", another(rig, "PUT", path, {"email": OTHERS}))
    assert_is(rig.faulted((other,), "PUT", path, {"email": NEW}), 200)
    assert list(rig.state().claims) == [NEW]


@story
def _an_email_changed_between_read_and_write_of_its_spelling(rig: Rig) -> None:
    """An email that only changes its case needs no claim, unless it has become another email meanwhile."""
    path = create(rig)
    other = just_before("UpdateItem", another(rig, "PUT", path, {"email": OTHERS}))
    assert_is(rig.faulted((other,), "PUT", path, {"email": "ada.PERSONAL@example.com"}), 200)
    assert stored(rig)["email"] == "ada.PERSONAL@example.com"


@story
def _an_email_changed_between_read_and_write_of_a_delete(rig: Rig) -> None:
    """A deleted user leaves no claim, whatever its email has become."""
    path = create(rig)
    other = just_before("TransactWriteItems", another(rig, "PUT", path, {"email": OTHERS}))
    assert_is(rig.faulted((other,), "DELETE", path), 200)
    assert not rig.state().claims


@story
def _a_user_deleted_and_made_again_before_a_delete(rig: Rig) -> None:
    """A claim is only ever freed by its owner."""
    path = create(rig)

    def meanwhile() -> None:
        rig.undisturbed("DELETE", path)
        rig.undisturbed("POST", "/users", ADA)

    assert_is(rig.faulted((just_before("TransactWriteItems", meanwhile),), "DELETE", path), *MISSING)
    assert len(rig.state().claims) == 1


@story
def _a_write_just_before_a_put_if_match(rig: Rig) -> None:
    """If-Match is decided by the write itself: 412 with the tag of the state that was met."""
    path = create(rig)
    other = just_before("UpdateItem", another(rig, "PUT", path, {"age": 40}))
    reply = rig.faulted((other,), "PUT", path, {"name": "Late Personal"}, headers={"If-Match": '"1"'})
    assert_is(reply, *STALE)
    assert reply.headers["ETag"] == '"2"'
    assert stored(rig)["name"] == ADA["name"]


@story
def _a_write_just_before_a_put_email_if_match(rig: Rig) -> None:
    """Also where the email had to be read first."""
    path = create(rig)
    other = just_before("TransactWriteItems", another(rig, "PUT", path, {"age": 40}))
    reply = rig.faulted((other,), "PUT", path, {"email": NEW}, headers={"If-Match": '"1"'})
    assert_is(reply, *STALE)
    assert reply.headers["ETag"] == '"2"'


@story
def _a_write_just_before_a_delete_if_match(rig: Rig) -> None:
    """And where a user is deleted."""
    path = create(rig)
    other = just_before("TransactWriteItems", another(rig, "PUT", path, {"age": 40}))
    reply = rig.faulted((other,), "DELETE", path, headers={"If-Match": '"1"'})
    assert_is(reply, *STALE)
    assert reply.headers["ETag"] == '"2"'


@story
def _a_writer_that_is_always_faster(rig: Rig) -> None:
    """A write that is overtaken again and again gives up with 503 after eight tries."""
    path = create(rig)
    ages = iter(range(20, 60))
    other = just_before("TransactWriteItems", lambda: rig.undisturbed("PUT", path, {"age": next(ages)}), times=ALWAYS)
    assert_is(rig.faulted((other,), "PUT", path, {"email": NEW}), *UNAVAILABLE)
    assert [seen.operation for seen in rig.proxy.seen if seen.fault] == ["TransactWriteItems"] * 8
    assert stored(rig)["email"] == ADA["email"]

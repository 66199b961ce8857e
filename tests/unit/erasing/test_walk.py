"""The walk through the places: whatever stops, and however often it is repeated, all is removed and counted once."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from dynamodb.errors import Throttled
from erasing.receipts import Overtaken, progress_of
from erasing.shown import shown
from erasing.walk import SETTLE_SECONDS, Walk
from tests.support.household import ADMIN, Killed, digest_of

pytestmark = pytest.mark.slow

# What a person has who has moved in.
COUNTS = {
    "identity": 1,
    "record": 1,
    "claims": 2,  # the deletion of the record frees the email and buries the person
    "letters": 3,
    "suppression": 1,
    "webhookDeliveries": 1,
    "connections": 1,
    "pictureFiles": 4,  # two versions and the marker of a deletion
    "pictureRecord": 1,
    "searchIndex": 3,  # the head and two words of the email
}
STAYS = ["Deliveries UserDeleted"]  # by design; and the tombstones, whose keys only have ids


def erased(receipt):
    return {name: each["erased"] for name, each in progress_of(receipt).items()}


def traces(home, email, user_id, subject):
    """What is left of a person, without the tombstones."""
    found = home.kept(email, user_id, subject, digest_of(email))
    return [
        each for each in found if not each.startswith(("UserKeys deleted#", "UserKeys subject#", "Search tombstone"))
    ]


def check_gone(home, email, user_id, subject):
    assert traces(home, email, user_id, subject) == STAYS
    seen = home.look(user_id)
    assert {each["place"]: each["erased"] for each in seen["places"]} == COUNTS
    assert {each["remaining"] for each in seen["places"]} == {0}
    assert seen["verified"]


def test_every_place_is_emptied_of_one_person_alone(home):
    user_id, subject = home.moved_in("ada@example.com")
    other, other_subject = home.moved_in("bob@example.com")
    theirs = home.kept(other, other_subject, "bob@example.com")
    home.erase(user_id)

    assert erased(home.finish(user_id)) == COUNTS

    check_gone(home, "ada@example.com", user_id, subject)
    assert home.kept(other, other_subject, "bob@example.com") == theirs
    assert home.events == [user_id]
    assert home.ended == [f"c-{subject}"]


def test_a_receipt_has_no_personal_data(home):
    user_id, _ = home.moved_in("ada@example.com")
    home.erase(user_id)
    home.carry_out(home.message(user_id))
    stored = [home.dynamodb.scan(TableName=home.names["Erasures"])]
    home.finish(user_id)
    stored.append(home.dynamodb.scan(TableName=home.names["Erasures"]))
    assert "ada@" not in json.dumps(stored, default=str)
    assert "example.com" not in json.dumps(home.look(user_id))


def kill_at(home, number, moment, user_id):
    """Carry out an erasure that ends at its call of this number, and then the whole; whether there was such a call."""
    seen = []

    def kill(service, operation):
        if operation not in ("get_paginator", "GetItem", "Scan", "Query", "BatchGetItem", "admin_get_user"):
            seen.append((service, operation))
            if len(seen) == number:
                raise Killed(f"{service} {operation}")

    setattr(home, moment, kill)
    try:
        home.finish(user_id)
    except Killed:
        return True
    finally:
        setattr(home, moment, lambda *_: None)
    return False


@pytest.mark.deep
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_erasure_that_is_killed_at_any_write_goes_on_and_counts_once(home, moment):
    check_kills(home, moment, range(1, 100))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_erasure_that_is_killed_at_some_writes_goes_on_and_counts_once(home, moment):
    check_kills(home, moment, (3, 6, 11, 18, 23, 29, 31, 99))


def check_kills(home, moment, numbers):
    """At each of these writes; there are fewer than the last number."""
    for number in numbers:
        email = f"p{number}@example.com"
        user_id, subject = home.moved_in(email)
        home.erase(user_id)
        killed = kill_at(home, number, moment, user_id)
        receipt = home.finish(user_id)
        assert erased(receipt) == COUNTS, (number, moment)
        assert traces(home, email, user_id, subject) == STAYS
        if not killed:
            assert number > 40
            return
    raise AssertionError("the erasure makes more writes than expected")


def test_a_message_that_comes_again_changes_nothing(home):
    user_id, subject = home.moved_in("ada@example.com")
    home.erase(user_id)
    first = home.message(user_id)
    home.carry_out(first)
    before = home.receipts.get(user_id)
    home.carry_out(first)
    assert home.receipts.get(user_id) == before
    second = home.message(user_id)
    home.carry_out(second)
    home.carry_out(second)
    home.carry_out(first)
    assert home.events == [user_id]
    check_gone(home, "ada@example.com", user_id, subject)


def test_two_functions_at_one_turn_do_not_overwrite_each_other(home):
    user_id, subject = home.moved_in("ada@example.com")
    home.erase(user_id)
    message = home.message(user_id)

    def other_comes_first(service, operation):
        if operation == "TransactWriteItems":  # the deletion of the record
            home.before = lambda *_: None
            home.carry_out(message)

    home.before = other_comes_first
    with pytest.raises(Overtaken):
        home.carry_out(message)
    assert erased(home.finish(user_id)) == COUNTS
    check_gone(home, "ada@example.com", user_id, subject)


@pytest.mark.parametrize(
    ("name", "error"), [(name, ("throttled", "refused")[at % 2]) for at, name in enumerate(COUNTS)]
)
def test_a_place_that_fails_stops_no_other_and_is_tried_again(home, name, error):
    user_id, subject = home.moved_in("ada@example.com")
    home.erase(user_id)
    failure = {
        "throttled": Throttled("ThrottlingException", 400),
        "refused": ClientError({"Error": {"Code": "AccessDenied"}}, "any"),
    }[error]
    broken = [_Failing(place, failure) if place.name == name else place for place in home.places]
    for _ in range(2):
        with pytest.raises((Throttled, ClientError)):
            home.carry_out(home.message(user_id), places=broken)
        done = {each: state["erased"] for each, state in progress_of(home.receipts.get(user_id)).items()}
        assert {it: COUNTS[it] for it in COUNTS if it not in (name, "claims")} == {
            it: done[it] for it in COUNTS if it not in (name, "claims")
        }
        assert home.look(user_id)["verified"] is False
    home.finish(user_id)
    assert traces(home, "ada@example.com", user_id, subject) == STAYS


class _Failing:
    """A place whose removals fail."""

    def __init__(self, place, failure):
        self.name, self._place, self._failure = place.name, place, failure

    def find(self, person, after):
        return self._place.find(person, after)

    def remove(self, *_):
        raise self._failure


def test_an_erasure_goes_on_page_by_page_when_the_time_of_a_function_is_over(home):
    user_id, subject = home.moved_in("ada@example.com")
    home.moved_in("bob@example.com")
    home.erase(user_id)
    home.page, turns, left = 1, 0, []

    def remaining():
        left.append(1)
        return 10.0 if len(left) <= 3 else 0.0

    while (receipt := home.receipts.get(user_id))["status"] == "running":
        left.clear()
        home.carry_out(home.message(user_id), remaining=remaining)
        turns += 1
        assert turns < 100
    assert turns > 10
    assert erased(receipt) == COUNTS
    check_gone(home, "ada@example.com", user_id, subject)


def test_many_items_of_one_page_go_in_several_turns_and_are_counted_once(home):
    user_id, subject = home.moved_in("ada@example.com")
    for number in range(250):
        home.put(
            home.tables.keys,
            key=f"request#sub:{subject}#{number}",
            userId=user_id,
            response="{}",
            expiresAt=2_000_000_000,
        )
    home.erase(user_id)
    left = []

    def remaining():
        left.append(1)
        return 10.0 if len(left) <= 4 else 0.0

    turns = 0
    while (receipt := home.receipts.get(user_id))["status"] == "running":
        left.clear()
        home.carry_out(home.message(user_id), remaining=remaining)
        turns += 1
    assert turns > 6
    assert erased(receipt) == {**COUNTS, "claims": 252}


def test_an_erasure_whose_message_is_lost_goes_on_by_another_request(home):
    user_id, subject = home.moved_in("ada@example.com")
    home.erase(user_id)
    lost = home.message(user_id)
    home.erase(user_id)
    assert home.receipts.get(user_id)["turn"] == 1  # it is under way
    home.now += 3600
    home.erase(user_id)
    assert home.receipts.get(user_id)["turn"] == 2
    home.finish(user_id)
    home.carry_out(lost)
    check_gone(home, "ada@example.com", user_id, subject)


def test_what_a_late_request_wrote_goes_in_the_second_round(home):
    user_id, subject = home.moved_in("ada@example.com")
    home.erase(user_id)
    home.carry_out(home.message(user_id))
    receipt = home.receipts.get(user_id)
    assert (receipt["status"], receipt["round"]) == ("running", 2)
    assert receipt["dueAt"] == int(home.now) + SETTLE_SECONDS
    home.put(
        home.tables.keys, key=f"request#sub:{subject}#late", userId=user_id, response="{}", expiresAt=2_000_000_000
    )
    assert erased(home.finish(user_id)) == {**COUNTS, "claims": 3}


def test_the_receipt_says_when_the_rest_forgets(home):
    user_id, _ = home.moved_in("ada@example.com")
    home.erase(user_id)
    assert home.look(user_id)["forgets"] == []
    home.finish(user_id)
    assert home.look(user_id)["forgets"] == [
        {"what": "eventArchive", "by": "2026-10-05T14:13:20.000Z"},
        {"what": "backups", "by": "2026-10-26T14:13:20.000Z"},
    ]


def test_the_deletion_is_that_of_the_administrator(home):
    user_id, _ = home.moved_in("ada@example.com")
    home.erase(user_id)
    home.finish(user_id)
    tombstone = home.dynamodb.get_item(TableName=home.tables.keys, Key={"key": {"S": f"deleted#{user_id}"}})["Item"]
    assert tombstone["actor"] == {"S": ADMIN}
    assert home.look(user_id)["requestedBy"] == {"type": "person", "id": ADMIN.removeprefix("sub:")}


# Wrong versions, each of which one of the checks above must catch.


def test_a_place_that_is_skipped_is_seen(home):
    user_id, subject = home.moved_in("ada@example.com")
    home.erase(user_id)
    home.finish(user_id, places=[place for place in home.places if place.name != "letters"])
    with pytest.raises(AssertionError):
        check_gone(home, "ada@example.com", user_id, subject)
    assert home.look(user_id)["verified"] is False


class _CountsLate(Walk):
    """Counts a page when it is removed, and not before."""

    def _page(self, place, person, state, receipt, progress):
        found, after = place.find(person, state.get("after"))
        place.remove(person, found)
        state["erased"] += len(found)
        state["after"], state["at"] = after, ""
        if after is None:
            del state["after"]
            state["done"] = True
        self._receipts.save(receipt, progress)


def test_a_walk_that_counts_late_is_seen_by_the_kills(home):
    wrong(home, _CountsLate)
    with pytest.raises(AssertionError):
        check_kills(home, "after", range(3, 99))


def test_an_erasure_that_heeds_no_turn_is_seen_by_a_repetition(home):
    """A message of any turn carries out the turn that there is."""

    def heedless(message):
        home.walk().go_on(home.receipts.get(message.detail["userId"]))

    home.carry_out = heedless
    with pytest.raises(AssertionError):
        test_a_message_that_comes_again_changes_nothing(home)


def test_a_receipt_that_is_not_counted_again_is_seen(home):
    user_id, _ = home.moved_in("ada@example.com")
    home.erase(user_id)
    home.finish(user_id)
    home.put(home.names["Pictures"], userId=user_id, ticket="9")
    seen = home.look(user_id)
    assert seen["verified"] is False
    assert {each["place"]: each["remaining"] for each in seen["places"]}["pictureRecord"] == 1
    assert shown(home.receipts.get(user_id))["places"] != seen["places"]  # what the receipt alone would say

    home.erase(user_id)
    home.finish(user_id)
    assert home.look(user_id)["verified"]


def wrong(home, kind):
    """Let the household walk in a wrong way."""
    own = home.walk

    def made(**instead):
        walk = own(**instead)
        walk.__class__ = kind
        return walk

    home.walk = made

"""The audit trail on a real database: one entry for each event, linked, in whatever order events arrive."""

from __future__ import annotations

import threading

import pytest

from audit.form import FIRST, digest
from audit.heads import is_signed
from audit.signatures import PublicKey
from audit.trail import ForgedHead, NotAppended
from dynamodb.values import from_item, to_item
from tests.unit.audit.events import ANN, detail


def entries(trail):
    items = [from_item(item) for item in trail._call("Scan", {"TableName": trail._table})["Items"]]
    return sorted((item for item in items if "previous" in item), key=lambda item: item["place"])


def is_linked(found):
    links = [FIRST, *(entry["digest"] for entry in found)]
    return all(entry["previous"] == link for entry, link in zip(found, links, strict=False)) and all(
        entry["digest"] == digest(entry) for entry in found
    )


def test_an_entry_says_who_did_what_to_whom_and_when(trail):
    trail.append("UserUpdated", detail(2))
    [entry] = entries(trail)
    assert {name: entry[name] for name in entry if name not in ("digest", "previous")} == {
        "userId": ANN,
        "place": "entry#0000000001",
        "eventId": "event-2",
        "type": "UserUpdated",
        "userVersion": 2,
        "time": "2026-11-26T12:00:00.000Z",
        "recordedAt": "2026-11-29T12:00:00.000Z",
        "actor": "key:abc",
        "changed": "name age",
    }


def test_an_entry_has_no_email(trail):
    trail.append("UserDeleted", detail(3))
    assert "ann@" not in str(entries(trail))


@pytest.mark.parametrize("times", [2, 10])
def test_an_event_that_comes_again_has_one_entry(trail, times):
    for _ in range(times):
        for version in (1, 2):
            trail.append("UserUpdated", detail(version))
    assert [entry["eventId"] for entry in entries(trail)] == ["event-1", "event-2"]


def test_entries_are_linked_in_the_order_in_which_they_came(trail):
    for version in (3, 1, 2):
        trail.append("UserUpdated", detail(version))
    found = entries(trail)
    assert [entry["userVersion"] for entry in found] == [3, 1, 2]
    assert is_linked(found)


@pytest.mark.parametrize("at", range(3))
def test_a_changed_or_removed_entry_breaks_the_links(trail, at):
    for version in (1, 2, 3):
        trail.append("UserUpdated", detail(version))
    found = entries(trail)
    assert not is_linked(
        [{**entry, "actor": "key:other"} if place == at else entry for place, entry in enumerate(found)]
    )
    if at < 2:
        assert not is_linked(found[:at] + found[at + 1 :])


def test_entries_of_one_user_that_are_appended_at_once_make_one_chain(trail):
    def work(version):
        for _ in range(20):
            try:
                trail.append("UserUpdated", detail(version))
                return
            except NotAppended:  # the queue sends it again
                continue

    threads = [threading.Thread(target=work, args=(version,)) for version in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(trail)
    assert sorted(entry["userVersion"] for entry in found) == list(range(1, 9))
    assert is_linked(found)


def head_of(trail):
    return from_item(trail._call("GetItem", {
        "TableName": trail._table,
        "Key": {"userId": {"S": ANN}, "place": {"S": "head"}},
    })["Item"])  # fmt: skip


def test_the_head_is_signed_and_names_the_last_entry(trail, key):
    for version in (1, 2, 3):
        trail.append("UserUpdated", detail(version))
        head = head_of(trail)
        assert is_signed(head, PublicKey(key.public()))
        assert (head["entries"], head["digest"]) == (version, entries(trail)[-1]["digest"])


def test_no_entry_follows_a_forged_head(trail):
    trail.append("UserUpdated", detail(1))
    forged = {**head_of(trail), "entries": 7}
    trail._call("PutItem", {"TableName": trail._table, "Item": to_item(forged)})
    with pytest.raises(ForgedHead):
        trail.append("UserUpdated", detail(2))
    assert len(entries(trail)) == 1


def test_an_entry_that_is_there_is_never_written_over(trail):
    """Where the head is gone, the next entry would be the first one again."""
    trail.append("UserUpdated", detail(1))
    before = entries(trail)
    key = {"userId": {"S": ANN}, "place": {"S": "head"}}
    trail._call("DeleteItem", {"TableName": trail._table, "Key": key})
    with pytest.raises(NotAppended):
        trail.append("UserUpdated", detail(2))
    assert entries(trail) == before


def test_a_removed_last_entry_is_not_replaced_by_the_next(trail):
    for version in (1, 2):
        trail.append("UserUpdated", detail(version))
    key = {"userId": {"S": ANN}, "place": {"S": "entry#0000000002"}}
    trail._call("DeleteItem", {"TableName": trail._table, "Key": key})
    trail.append("UserUpdated", detail(3))
    assert [entry["place"] for entry in entries(trail)] == ["entry#0000000001", "entry#0000000003"]


@pytest.mark.parametrize("name", ["ada@example.com", "", "x@y"])
def test_an_id_of_a_caller_that_may_be_an_email_is_left_out(trail, name):
    trail.append("UserUpdated", detail(1, actor={"type": "person", "id": name}))
    assert entries(trail)[0]["actor"] == "person"


def test_what_an_operator_did_is_a_trail_of_its_own(trail):
    act = {"userId": "administration", "actor": {"type": "operator", "id": "arn:aws:sts::1:assumed-role/A/ada@x.co"}}
    trail.append("AdministrationEnded", detail(0, **act, changed=[], act="redrive Q --write", result="done"))
    [entry] = entries(trail)
    assert (entry["actor"], entry["act"], entry["result"]) == (
        "operator:arn:aws:sts::1:assumed-role/A/ada@x.co",
        "redrive Q --write",
        "done",
    )
    assert entry["digest"] == digest(entry)

"""The audit trail on a real database: one entry for each event, linked, in whatever order events arrive."""

from __future__ import annotations

import threading
import uuid

import pytest

from audit.trail import FIRST, AuditTrail, NotAppended, digest
from dynamodb.values import from_item
from tests.contract.conftest import emulator_client
from utils.deadline import Deadline

ANN = "5884d48e-e881-4299-834b-3d9881e0fa73"


def detail(version, **more):
    return {
        "id": f"event-{version}",
        "userId": ANN,
        "userVersion": version,
        "time": "2026-11-26T12:00:00.000Z",
        "changed": ["name", "age"],
        "actor": {"type": "key", "id": "abc"},
        "email": "ann@example.com",
        **more,
    }


@pytest.fixture(scope="module")
def call(emulator):
    client = emulator_client("client", emulator)
    return lambda operation, request: client.call(operation, request, Deadline(10))


@pytest.fixture
def trail(emulator, call):
    table = f"Audit-{uuid.uuid4().hex[:12]}"
    emulator.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "place", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
    )
    return AuditTrail(call, table, clock=lambda: 1_795_953_600.0)


def entries(trail):
    items = [from_item(item) for item in trail._call("Scan", {"TableName": trail._table})["Items"]]
    return sorted((item for item in items if "digest" in item), key=lambda item: item["place"])


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

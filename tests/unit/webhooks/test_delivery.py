"""A delivery from the plan to the last attempt."""

from __future__ import annotations

import json
import uuid

from webhooks.delivery import again, attempted, delivery_id, planned, shown
from webhooks.schedule import WAITS
from webhooks.sending import Outcome

DETAIL = {
    "id": "8a7b6c5d-61c4-5c1f-8b0e-2f3a4b5c6d7e",
    "time": "2026-11-26T12:00:00.123Z",
    "userId": "u",
    "userVersion": 2,
    "changed": ["name"],
    "email": "ann@example.com",
    "actor": {"type": "key", "id": "k"},
}


def test_the_id_is_the_same_for_the_same_event_and_webhook_and_no_other():
    ids = {delivery_id(event, DETAIL["time"], hook) for event in ("e1", "e2") for hook in ("w1", "w2") for _ in (1, 2)}

    assert len(ids) == 4
    assert {uuid.UUID(each).version for each in ids} == {8}


def test_ids_sort_by_the_time_of_the_event():
    assert delivery_id("z", "2026-11-26T12:00:00.122Z", "z") < delivery_id("a", "2026-11-26T12:00:00.123Z", "a")


def test_what_is_sent_has_neither_the_email_nor_the_caller():
    assert "ann@example.com" not in json.dumps(planned("w", "UserDeleted", DETAIL, 0))
    assert "actor" not in json.loads(planned("w", "UserDeleted", DETAIL, 0)["body"])["data"]


def test_a_delivery_fails_after_the_last_attempt_and_each_attempt_has_a_turn():
    delivery = planned("w", "UserUpdated", DETAIL, 0)
    turns = []
    while delivery["status"] == "pending":
        turns.append(delivery["turn"])
        delivery = attempted(delivery, Outcome(1, status=500), delivery["dueAt"], lambda: 0.0)

    assert delivery["status"] == "failed"
    assert turns == list(range(1, len(WAITS) + 2))
    assert len(shown(delivery)["attempts"]) == len(turns)


def test_a_repeated_delivery_has_all_attempts_before_it_and_keeps_its_log():
    done = attempted(planned("w", "UserUpdated", DETAIL, 0), Outcome(1, status=204), 1, lambda: 0.0)
    repeated = again(done, 5)

    assert (repeated["tries"], repeated["dueAt"], repeated["turn"]) == (0, 5, done["turn"] + 1)
    assert shown(repeated)["attempts"] == shown(done)["attempts"]

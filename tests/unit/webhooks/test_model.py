"""A webhook's own rules, without a database."""

from __future__ import annotations

import pytest

from webhooks.model import EVENT_TYPES, OVERLAP_SECONDS, changed_webhook, fields, new_webhook, rotated_webhook

NOW = 1_795_953_600.0
CREATED = "2026-11-26T12:00:00.000Z"


def webhook(**members: object):
    return new_webhook({"url": "https://example.com/", **members}, "an-id", "whsec_one", CREATED)


def test_a_webhook_gets_all_types_of_events_unless_it_names_some():
    assert webhook().shown()["eventTypes"] == list(EVENT_TYPES)
    assert webhook(eventTypes=["UserDeleted"]).shown()["eventTypes"] == ["UserDeleted"]


def test_null_gives_a_field_its_default_or_removes_it():
    one = webhook(eventTypes=["UserDeleted"], status="disabled", description="ours")
    changed = changed_webhook(one, {"eventTypes": None, "status": None, "description": None}, CREATED).shown()

    assert (changed["eventTypes"], changed["status"], "description" in changed) == (list(EVENT_TYPES), "enabled", False)


def test_a_secret_before_the_last_rotation_signs_for_a_day():
    rotated = rotated_webhook(webhook(), "whsec_two", NOW)

    assert rotated.secrets("2026-11-30T11:59:59.999Z") == ["whsec_two", "whsec_one"]
    assert rotated.secrets(rotated.values["previousSecretExpiresAt"]) == ["whsec_two"]
    assert OVERLAP_SECONDS == 24 * 60 * 60


def test_no_secret_is_shown():
    assert "whsec" not in str(rotated_webhook(webhook(), "whsec_two", NOW).shown())


@pytest.mark.parametrize("wrong", [[], ["UserCreated", "UserCreated"], ["Other"], "UserCreated", [1], {}])
def test_types_of_events_are_some_of_those_there_are_each_once(wrong):
    reason = fields(localhost=False)["eventTypes"].check(wrong)
    assert reason
    assert reason[0] == "invalid_event_types"

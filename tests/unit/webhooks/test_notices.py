"""A webhook that disables itself is one notice, however often its record comes."""

from __future__ import annotations

import pytest

from dynamodb.values import to_item
from webhooks.notices import notice_in

ENABLED = {
    "webhookId": "w-1",
    "url": "https://user:password@hooks.example.com:8443/secret?key=1",
    "status": "enabled",
    "version": 3,
    "updatedAt": "2026-11-20T12:00:00.000Z",
    "failingSince": 1,
}
DISABLED = {
    **ENABLED,
    "status": "disabled",
    "disabledReason": "failing",
    "version": 4,
    "updatedAt": "2026-11-27T12:00:00.000Z",
}


def notice(old, new):
    images = {"OldImage": old, "NewImage": new}
    return notice_in({"dynamodb": {name: to_item(image) for name, image in images.items() if image}})


def test_a_notice_has_the_host_of_the_url_and_no_more_of_it():
    assert notice(ENABLED, DISABLED) == {
        "id": "w-1_4",
        "schemaVersion": 1,
        "time": "2026-11-27T12:00:00.000Z",
        "webhookId": "w-1",
        "host": "hooks.example.com",
        "reason": "failing",
    }


def test_the_next_disabling_is_another_notice():
    again = {**DISABLED, "version": 6}
    assert notice({**ENABLED, "version": 5}, again)["id"] != notice(ENABLED, DISABLED)["id"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(ENABLED, {**DISABLED, "disabledReason": None}, id="the owner disabled it"),
        pytest.param(DISABLED, {**DISABLED, "version": 5, "description": "ours"}, id="a later change of the owner"),
        pytest.param(DISABLED, ENABLED, id="enabled again"),
        pytest.param(ENABLED, {**ENABLED, "attemptingUntil": 2}, id="still enabled"),
        pytest.param(None, DISABLED, id="restored from a backup"),
        pytest.param(DISABLED, None, id="deleted"),
    ],
)
def test_nothing_else_is_a_notice(old, new):
    if new:
        new = {name: value for name, value in new.items() if value is not None}
    assert notice(old, new) is None

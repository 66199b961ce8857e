"""Signatures, judged by the library of Standard Webhooks."""

from __future__ import annotations

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from webhooks.signatures import headers, new_secret


def test_each_of_two_secrets_verifies_a_delivery():
    secrets = [new_secret(), new_secret()]
    signed = headers("an-id", int(time.time()), '{"a":1}', secrets)

    assert all(Webhook(secret).verify('{"a":1}', signed) == {"a": 1} for secret in secrets)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "secret"])
def test_a_changed_part_breaks_the_signature(changed):
    secret, now = new_secret(), int(time.time())
    signed = headers("an-id", now, "{}", [secret])
    signed |= {"webhook-id": "other"} if changed == "webhook-id" else {}
    signed |= {"webhook-timestamp": str(now - 1)} if changed == "webhook-timestamp" else {}

    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret() if changed == "secret" else secret).verify("{ }" if changed == "body" else "{}", signed)


def test_each_secret_is_another():
    assert len({new_secret() for _ in range(100)}) == 100

"""From a change of a user to a receiver that verifies it with the Standard Webhooks library, run by `make run`."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.api.client import send
from tests.local.test_sources import until
from tests.support.receiver import Receiver
from tests.support.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.local_only]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


def hook(server: Server, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    """A new webhook of the receiver."""
    answer = send(server.url, "POST", "/webhooks", {"url": receiver.url, **fields})
    assert answer.status == 201
    return dict(answer.json)


def new_user(server: Server) -> dict[str, Any]:
    answer = send(server.url, "POST", "/users", {"name": "Ann", "email": f"ann{next(_numbers)}@example.com"})
    return dict(answer.json)


def rotate(server: Server, webhook: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """The webhook with its new secret."""
    path = f"/webhooks/{webhook['webhookId']}/rotate-secret"
    answer = send(server.url, "POST", path, headers={"Idempotency-Key": key} if key else {})
    assert answer.status == 200
    return dict(answer.json)


def deliveries(server: Server, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    return list(send(server.url, "GET", f"/webhooks/{webhook['webhookId']}/deliveries").json["deliveries"])


def settled(server: Server, webhook: dict[str, Any], status: str = "delivered") -> dict[str, Any]:
    """The one delivery of a webhook, once it has the status."""
    found = until(lambda: deliveries(server, webhook), lambda found: bool(found) and found[0]["status"] == status)
    return dict(found[0])


def notices(server: Server, webhook: dict[str, Any]) -> list[str]:
    """The letters to the operators about a webhook."""
    letters = send(server.url, "GET", "/outbox").body.decode().split("<h2>")[1:]
    return [it for it in letters if webhook["webhookId"] in it and "to <bdi>operators@example.com</bdi>" in it]


def test_what_the_owner_does_is_told_to_no_operator(server, receiver):
    webhook = hook(server, receiver)
    path = f"/webhooks/{webhook['webhookId']}"
    for change in ({"status": "disabled"}, {"description": "ours"}, {"status": "enabled"}):
        assert send(server.url, "PATCH", path, change).status == 200
    receiver.statuses = [410]
    new_user(server)
    until(lambda: notices(server, webhook), bool)
    assert send(server.url, "PATCH", path, {"description": "still disabled"}).status == 200
    time.sleep(1)  # a second letter would be there by now
    assert len(notices(server, webhook)) == 1


def test_a_change_arrives_signed_and_is_in_the_log(server, receiver):
    webhook = hook(server, receiver)
    user = new_user(server)
    delivery = settled(server, webhook)

    [(headers, body)] = receiver.got
    event = Webhook(webhook["secret"]).verify(body, headers)
    assert (event["type"], event["data"]["userId"]) == ("UserCreated", user["userId"])
    assert headers["webhook-id"] == delivery["deliveryId"]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [204]


def test_a_delivery_has_no_email_and_no_caller(server, receiver):
    webhook = hook(server, receiver, eventTypes=["UserDeleted"])
    user = new_user(server)
    send(server.url, "DELETE", f"/users/{user['userId']}")
    settled(server, webhook)

    assert set(json.loads(receiver.got[0][1])["data"]) == {"id", "userId", "userVersion", "changed"}


def test_a_failed_delivery_is_tried_again_with_the_same_id(server, receiver):
    receiver.statuses = [500]
    webhook = hook(server, receiver)
    new_user(server)
    delivery = settled(server, webhook)

    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 204]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_redirect_is_a_failure_and_is_not_followed(server, receiver):
    receiver.statuses = [302]
    webhook = hook(server, receiver)
    new_user(server)

    assert settled(server, webhook)["attempts"][0]["status"] == 302


def test_a_receiver_that_is_gone_is_disabled(server, receiver):
    receiver.statuses = [410]
    webhook = hook(server, receiver)
    new_user(server)
    path = f"/webhooks/{webhook['webhookId']}"

    found = until(lambda: send(server.url, "GET", path).json, lambda shown: shown["status"] == "disabled")
    assert found["disabledReason"] == "gone"
    told = until(lambda: notices(server, webhook), bool)
    assert len(told) == 1
    assert "localhost says with the status 410" in told[0]
    assert receiver.url not in told[0]
    assert settled(server, webhook, "canceled")["attempts"][0]["status"] == 410


def test_a_receiver_that_is_slow_delays_no_other(server, receiver):
    slow = Receiver(seconds=3)
    try:
        hooks = [hook(server, each, eventTypes=["UserCreated"]) for each in (slow, receiver)]
        new_user(server)
        settled(server, hooks[0])  # it is known to be slow now
        began = time.monotonic()
        for _ in range(20):
            new_user(server)
        until(lambda: receiver.got, lambda got: len(got) == 21)
        assert time.monotonic() - began < 15  # the slow one alone takes 60 seconds of attempts
        send(server.url, "PATCH", f"/webhooks/{hooks[0]['webhookId']}", {"status": "disabled"})
    finally:
        slow.stop()


def test_a_delivery_is_repeated_on_request_with_the_same_id(server, receiver):
    webhook = hook(server, receiver)
    new_user(server)
    delivery = settled(server, webhook)
    path = f"/webhooks/{webhook['webhookId']}/deliveries/{delivery['deliveryId']}/redeliver"

    assert send(server.url, "POST", path).json["status"] == "pending"
    until(lambda: receiver.got, lambda got: len(got) == 2)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


def test_a_webhook_gets_only_the_events_that_it_names(server, receiver):
    webhook = hook(server, receiver, eventTypes=["UserUpdated"])
    user = new_user(server)
    send(server.url, "PUT", f"/users/{user['userId']}", {"name": "Ann Lee"})
    settled(server, webhook)

    assert [json.loads(body)["type"] for _, body in receiver.got] == ["UserUpdated"]


def test_a_webhook_is_read_changed_listed_and_deleted(server, receiver):
    webhook = hook(server, receiver, description="ours")
    path = f"/webhooks/{webhook['webhookId']}"
    read = send(server.url, "GET", path)
    assert "secret" not in read.json
    assert send(server.url, "PATCH", path, {"status": "disabled"}, {"If-Match": '"9"'}).status == 412
    changed = send(server.url, "PATCH", path, {"status": "disabled", "description": None}, {"If-Match": '"1"'})
    assert (changed.json["status"], changed.headers["etag"], "description" in changed.json) == (
        "disabled",
        '"2"',
        False,
    )
    assert webhook["webhookId"] in [each["webhookId"] for each in send(server.url, "GET", "/webhooks").json["webhooks"]]
    assert send(server.url, "DELETE", path).status == 200
    assert send(server.url, "GET", path).json["code"] == "webhook_not_found"


def test_a_create_that_is_sent_again_makes_one_webhook(server, receiver):
    key = {"Idempotency-Key": "create-hook"}
    answers = [send(server.url, "POST", "/webhooks", {"url": receiver.url}, key) for _ in range(2)]

    assert answers[0].json == answers[1].json
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_while_a_secret_rotates_both_verify_a_delivery(server, receiver):
    webhook = hook(server, receiver)
    rotated = rotate(server, webhook)
    new_user(server)
    settled(server, webhook)

    [(headers, body)] = receiver.got
    assert webhook["secret"] != rotated["secret"]
    for secret in (webhook["secret"], rotated["secret"]):
        assert Webhook(secret).verify(body, headers)["type"] == "UserCreated"


def test_a_second_rotation_ends_the_oldest_secret(server, receiver):
    webhook = hook(server, receiver)
    rotate(server, webhook)
    rotate(server, webhook)
    new_user(server)
    settled(server, webhook)

    [(headers, body)] = receiver.got
    with pytest.raises(WebhookVerificationError):
        Webhook(webhook["secret"]).verify(body, headers)


def test_a_rotation_that_is_sent_again_makes_one_secret(server, receiver):
    webhook = hook(server, receiver)
    answers = [rotate(server, webhook, "rotate-once") for _ in range(2)]

    assert answers[0] == answers[1]
    shown = send(server.url, "GET", f"/webhooks/{webhook['webhookId']}")
    assert (shown.headers["etag"], "secret" in shown.json, "previousSecret" in shown.json) == ('"2"', False, False)


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://u:p@example.com/"])
def test_a_url_that_deliveries_must_not_go_to_is_refused(server, url):
    answer = send(server.url, "POST", "/webhooks", {"url": url})

    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "invalid_url")


def test_without_the_parameter_there_are_no_webhooks():
    with Server("Webhooks=false") as plain:
        assert send(plain.url, "GET", "/webhooks").status == 404
        assert "DeliverWebhook" not in plain.output

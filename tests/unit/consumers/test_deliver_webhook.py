"""Messages that come twice, late, early, or after a crash, against a real database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from consumers.deliver_webhook import deliver_webhook
from local.template.source import read_template
from tests.contract.conftest import emulator_client
from tests.support.server import ROOT
from tests.unit.webhooks.test_delivery import DETAIL
from utils.consumer import Event
from utils.deadline import Deadline
from webhooks.deliveries import Deliveries
from webhooks.delivery import planned, shown
from webhooks.dispatch import Receivers
from webhooks.model import new_webhook
from webhooks.repository import WebhookRepository
from webhooks.schedule import (
    ATTEMPT_SECONDS,
    GIVE_UP_SECONDS,
    SLOW_AT_ONCE,
    SLOW_MILLISECONDS,
    SLOW_SECONDS,
    WAITS,
)
from webhooks.sending import Outcome

MOST_AT_ONCE = 50  # attempts of all webhooks
NOW = 1_795_953_600.0
ATTEMPTS = len(WAITS) + 1
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Due:
    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []

    def put(self, delivery: Mapping[str, Any], now: float) -> None:
        self.sent.append(delivery)


class Case:
    """One webhook with one delivery that is due. `statuses` are the answers of the receiver; then 204."""

    def __init__(self, call: Any, tables: list[str], *statuses: int) -> None:
        self.posted: list[str] = []
        self.receivers, self.deliveries = Receivers(call, tables[0]), Deliveries(call, tables[1])
        self.statuses, self.now, self.milliseconds = list(statuses), NOW, 1
        self.due: Any = Due()
        self.hook = new_webhook({"url": "https://example.com/"}, str(uuid.uuid4()), SECRET, "2026-11-26T12:00:00.000Z")
        tools: Any = {
            "clock": lambda: NOW,
            "new_id": str,
            "new_token": lambda: uuid.uuid4().hex,
            "pause": lambda _: None,
        }
        repository = WebhookRepository(call, tables[0], tables[0], new_secret=lambda: SECRET, **tools)
        assert repository._transact({"webhook": repository._put(self.hook)}) == {}
        self.deliveries.plan(planned(self.id, "UserUpdated", DETAIL, NOW))
        self.first = self.deliveries.list(self.id, 1)[0][0]

    @property
    def id(self) -> str:
        return str(self.hook.values["webhookId"])

    def post(self, url: str, headers: dict[str, str], body: str) -> Outcome:
        self.posted.append(headers["webhook-id"])
        return Outcome(self.milliseconds, status=self.statuses.pop(0) if self.statuses else 204)

    def arrives(self, turn: int, delivery: Mapping[str, Any] | None = None) -> None:
        """The message of a turn arrives."""
        delivery_id = (delivery or self.first)["deliveryId"]
        detail = {"id": delivery_id, "schemaVersion": 1, "time": "", "webhookId": self.id, "turn": turn}
        deliver_webhook(
            Event("DeliveryDue", detail), self.receivers, self.deliveries, self.due, self.post, clock=lambda: self.now
        )

    @property
    def delivery(self) -> dict[str, Any]:
        return shown(self.deliveries.get(self.id, self.first["deliveryId"]))


@pytest.fixture(scope="module")
def call(emulator):
    client = emulator_client("client", emulator)
    return lambda operation, request: client.call(operation, request, Deadline(10))


@pytest.fixture
def case(emulator, call):
    def made(*statuses: int) -> Case:
        tables = []
        for keys in (["webhookId"], ["webhookId", "deliveryId"]):
            tables.append(f"Hooks-{uuid.uuid4().hex[:12]}")
            emulator.client("dynamodb").create_table(
                TableName=tables[-1],
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(keys, ["HASH", "RANGE"], strict=False)
                ],
            )
        return Case(call, tables, *statuses)

    return made


def test_a_message_that_comes_twice_is_one_attempt(case):
    one = case()
    one.arrives(1)
    one.arrives(1)

    assert (len(one.posted), one.delivery["status"], len(one.delivery["attempts"])) == (1, "delivered", 1)


def test_a_crash_after_the_attempt_repeats_it_with_the_same_id_and_the_log_has_one(case):
    one = case()
    record, one.deliveries.record = one.deliveries.record, lambda _: 1 / 0
    with pytest.raises(ZeroDivisionError):
        one.arrives(1)
    one.deliveries.record = record
    one.arrives(1)

    assert one.posted == [one.first["deliveryId"]] * 2
    assert [attempt["status"] for attempt in one.delivery["attempts"]] == [204]


def test_a_message_of_an_earlier_turn_changes_nothing(case):
    one = case(500)
    one.arrives(1)
    one.now += 10
    one.arrives(1)

    assert (len(one.posted), one.delivery["status"]) == (1, "pending")


def test_a_message_that_comes_too_early_waits_again(case):
    one = case(500)
    one.arrives(1)
    one.arrives(2)

    assert (len(one.posted), [each["turn"] for each in one.due.sent]) == (1, [2])


def test_the_event_of_a_webhook_that_is_disabled_is_not_sent(case):
    one = case(410)
    one.arrives(1)
    one.now += 10
    one.arrives(2)

    assert (len(one.posted), one.delivery["status"]) == (1, "canceled")


def test_a_last_attempt_after_days_of_failure_disables_a_webhook(case):
    one = case(*[500] * ATTEMPTS)
    one.arrives(1)
    one.now += GIVE_UP_SECONDS
    for turn in range(2, ATTEMPTS + 1):
        assert one.receivers.get(one.id).enabled
        one.arrives(turn)
        one.now += 100_000

    assert one.receivers.get(one.id).values["disabledReason"] == "failing"


def test_a_delivery_that_fails_for_a_day_disables_no_webhook(case):
    one = case(*[500] * ATTEMPTS)
    for turn in range(1, ATTEMPTS + 1):
        one.arrives(turn)
        one.now = one.deliveries.get(one.id, one.first["deliveryId"])["dueAt"]

    assert (one.delivery["status"], one.receivers.get(one.id).enabled) == ("failed", True)


def test_a_webhook_that_fails_gets_one_attempt_at_a_time(case):
    one = case(500, 500)
    one.arrives(1)
    other = planned(one.id, "UserUpdated", {**DETAIL, "id": str(uuid.uuid4())}, NOW)
    one.deliveries.plan(other)
    one.arrives(1, other)
    one.now += 5
    one.arrives(2)

    assert (len(one.posted), [each["deliveryId"] for each in one.due.sent]) == (2, [one.first["deliveryId"]])
    assert one.due.sent[0]["dueAt"] >= one.now + ATTEMPT_SECONDS


def slots(one, count):
    """What becomes of attempts that start at the same moment, each at another place: the slots that they get."""
    hook = one.receivers.get(one.id)
    with ThreadPoolExecutor(count) as pool:
        found = pool.map(lambda it: one.receivers.reserved(hook, one.now, lambda: it / count), range(count))
        return [slot for slot in found if slot is not None]


def slow(case):
    """A webhook whose response took long."""
    one = case()
    one.milliseconds = SLOW_MILLISECONDS
    one.arrives(1)
    return one


def planned_again(one):
    """One more delivery of a webhook."""
    other = planned(one.id, "UserUpdated", {**DETAIL, "id": str(uuid.uuid4())}, NOW)
    one.deliveries.plan(other)
    return other


def test_a_webhook_that_works_gets_deliveries_side_by_side(case):
    one = case()
    one.milliseconds = SLOW_MILLISECONDS - 1
    one.arrives(1)
    assert slots(one, MOST_AT_ONCE) == [""] * MOST_AT_ONCE


def test_a_slow_webhook_gets_some_attempts_at_a_time_and_no_more(case):
    one = slow(case)
    assert len(slots(one, MOST_AT_ONCE)) == SLOW_AT_ONCE
    assert slots(one, MOST_AT_ONCE) == []


def test_a_delivery_of_a_slow_webhook_waits_for_a_free_slot(case):
    one = slow(case)
    slots(one, SLOW_AT_ONCE)
    one.arrives(1, planned_again(one))

    assert len(one.posted) == 1
    assert one.due.sent[0]["dueAt"] >= one.now + ATTEMPT_SECONDS


def test_an_attempt_at_a_slow_webhook_frees_its_slot(case):
    one = slow(case)
    for _ in range(SLOW_AT_ONCE):
        one.arrives(1, planned_again(one))
    assert len(one.posted) == 1 + SLOW_AT_ONCE
    assert len(slots(one, SLOW_AT_ONCE)) == SLOW_AT_ONCE


def test_an_attempt_that_ended_without_a_word_frees_its_slot_in_time(case):
    one = slow(case)
    slots(one, SLOW_AT_ONCE)
    one.now += ATTEMPT_SECONDS
    assert len(slots(one, SLOW_AT_ONCE)) == SLOW_AT_ONCE


def test_a_webhook_is_slow_for_a_minute(case):
    one = slow(case)
    one.now += SLOW_SECONDS - 1
    assert len(slots(one, MOST_AT_ONCE)) == SLOW_AT_ONCE
    one.now += 1
    assert slots(one, MOST_AT_ONCE) == [""] * MOST_AT_ONCE


def test_the_template_leaves_most_attempts_to_others():
    mapping = read_template(ROOT / "template.yaml").tree["Resources"]["DeliverWebhookFunction"]["Properties"]["Events"]
    assert mapping["Queue"]["Properties"]["ScalingConfig"] == {"MaximumConcurrency": MOST_AT_ONCE}
    assert SLOW_AT_ONCE * 5 <= MOST_AT_ONCE


def test_a_success_ends_the_days_of_failure(case):
    one = case(500)
    one.arrives(1)
    assert "failingSince" in one.receivers.get(one.id).values
    one.now += 10
    one.arrives(2)

    assert "failingSince" not in one.receivers.get(one.id).values


def test_an_event_that_comes_twice_is_planned_once(case):
    one = case()
    one.arrives(1)
    one.deliveries.plan(planned(one.id, "UserUpdated", json.loads(json.dumps(DETAIL)), NOW + 60))

    assert [each["status"] for each in one.deliveries.list(one.id, 10)[0]] == ["delivered"]

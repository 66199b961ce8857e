"""A stack with webhooks, with IAM enforced: a delivery arrives signed, and no role may do more than it did."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.deployed.cloud import Cloud
from tests.deployed.judge import NO_SIGN_IN, Use, complaints, seen, without
from tests.deployed.recorder import Call
from tests.deployed.scenario import create, forget_cursor_secrets, strings
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.support.events import event
from tests.support.project import copied
from tests.support.receiver import Receiver
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 90.0
PARAMETERS = (  # ministack has no archives
    *("Events=true", "EventArchiveDays=0", "UsersTableName=UsersWithWebhooks"),
    *("Webhooks=true", "WebhooksToLocalhost=true"),
)
CONSUMERS = ("PlanDeliveriesFunction", "QueueDeliveriesFunction", "DeliverWebhookFunction")
OF_WEBHOOKS = [grant for grant in seen(grants(TEMPLATE), NO_SIGN_IN) if grant.when.startswith("if WebhooksOn")]
FUNCTIONS = tuple(sorted({grant.function for grant in OF_WEBHOOKS}))


@pytest.fixture(scope="module")
def hooks_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("webhooks"), "api")), name="users-webhooks")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    return deployed


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    running = Receiver(500)
    yield running
    running.stop()


class Life:
    """What the functions did, and who did it: each handler is called alone, and a consumer is known by what it does."""

    def __init__(self, stack: Stack, receiver: Receiver) -> None:
        self.stack, self.receiver = stack, receiver
        self.mark = len(stack.cloud.recorder.calls)
        self.owners: dict[str, str] = {}
        self.secret = ""

    @property
    def calls(self) -> list[Call]:
        return self.stack.cloud.recorder.since(self.mark)

    def call(self, function: str, method: str, body: Any = None, query: str = "", **path: str) -> Any:
        """The document that a handler answers with."""
        before = len(self.stack.cloud.recorder.calls)
        headers = {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        request = {**event(method, "/webhooks", body, headers, query), "pathParameters": path or None}
        answer = self.stack.invoke(function, request)
        assert answer["statusCode"] < 300, answer
        self.owners[self.stack.cloud.recorder.since(before)[0].access_key] = function
        return json.loads(answer["body"])

    def find_consumers(self) -> None:
        """Name the access keys of consumers: each of them does one thing that no other function does."""
        physical = self.stack.resources()
        doers = {
            ("dynamodb:Scan", physical["WebhooksTable"]): "PlanDeliveriesFunction",
            ("dynamodb:UpdateItem", physical["WebhooksTable"]): "DeliverWebhookFunction",
        }
        unknown = [call for call in self.calls if call.access_key not in self.owners]
        found = {call.access_key: doers[it] for call in unknown if (it := (call.action, call.table)) in doers}
        queue = physical["DeliverWebhookQueue"].rpartition("/")[2]
        sending = {call.access_key for call in unknown if (call.action, call.table) == ("sqs:SendMessage", queue)}
        self.owners |= dict.fromkeys(sending - set(found), "QueueDeliveriesFunction") | found


@pytest.fixture(scope="module")
def life(hooks_stack: Stack, receiver: Receiver) -> Life:
    """Every handler and every consumer, made to do everything that it may do."""
    one = Life(hooks_stack, receiver)
    webhook = handlers(one)
    one.secret = webhook["secret"]
    create(hooks_stack)
    until(lambda: len(receiver.got) >= 2)  # the first attempt gets a 500
    early(one, webhook["webhookId"])
    set_aside(one)
    until(lambda: "DeliverWebhookQueue" in resources_of(one, "DeliverWebhookFunction", "sqs:SendMessage"))
    return one


def handlers(one: Life) -> dict[str, Any]:
    """Call every handler; a webhook of the receiver is left."""
    new = {"url": one.receiver.url, "eventTypes": ["UserCreated"]}
    webhook = dict(one.call("CreateWebhookFunction", "POST", new))
    other = one.call("CreateWebhookFunction", "POST", new)["webhookId"]
    mine = {"webhookId": str(webhook["webhookId"])}
    one.call("GetWebhookFunction", "GET", **mine)
    one.call("UpdateWebhookFunction", "PATCH", {"description": "ours"}, **mine)
    webhook = dict(one.call("RotateWebhookSecretFunction", "POST", **mine))
    for done in (uuid.uuid4(), uuid.uuid4()):
        delivered(one.stack, mine["webhookId"], str(done))
    for function in ("ListWebhooksFunction", "ListDeliveriesFunction"):
        forget_cursor_secrets(one.stack)
        path = mine if function == "ListDeliveriesFunction" else {}
        assert one.call(function, "GET", query="limit=1", **path)["hasMore"]
    one.call("DeleteWebhookFunction", "DELETE", webhookId=other)
    one.receiver.statuses.insert(0, 204)  # for the delivery that is sent again
    one.call("RedeliverWebhookFunction", "POST", **mine, deliveryId=str(done))
    until(lambda: len(one.receiver.got) == 1)
    one.receiver.got.clear()
    return webhook


def delivered(stack: Stack, webhook_id: str, delivery_id: str, **more: str) -> None:
    """Have a delivery that is done, made by the root of the account."""
    texts = {
        "webhookId": webhook_id,
        "deliveryId": delivery_id,
        "eventId": delivery_id,
        "eventType": "UserCreated",
        "status": "delivered",
        "createdAt": "2026-01-02T03:04:05.678Z",
        "body": "{}",
        "attempts": "[]",
        **more,
    }
    numbers = {name: {"N": str(value)} for name, value in {"tries": 1, "turn": 2, "dueAt": 4_000_000_000}.items()}
    put = stack.cloud.client("dynamodb").put_item
    put(TableName=stack.resources()["WebhookDeliveriesTable"], Item={**strings(texts), **numbers})


def early(one: Life, webhook_id: str) -> None:
    """Let a message arrive long before its delivery is due."""
    delivery_id = str(uuid.uuid4())
    delivered(one.stack, webhook_id, delivery_id, status="pending")
    now = "2026-01-02T03:04:05.678Z"
    detail = {"id": delivery_id, "schemaVersion": 1, "time": now, "webhookId": webhook_id, "turn": 2}
    send(one.stack, "DeliverWebhookQueue", json.dumps({"detail-type": "DeliveryDue", "detail": detail}))


def set_aside(one: Life) -> None:
    """Have the consumers of events set a message aside that is none."""
    for name in ("PlanDeliveries", "DeliverWebhook"):
        send(one.stack, f"{name}Queue", "no event")
    until(lambda: {"PlanDeliveriesDeadLetters"} <= resources_of(one, "PlanDeliveriesFunction", "sqs:SendMessage"))
    until(lambda: "DeliverWebhookDeadLetters" in resources_of(one, "DeliverWebhookFunction", "sqs:SendMessage"))


def send(stack: Stack, queue: str, body: str) -> None:
    stack.cloud.client("sqs").send_message(QueueUrl=stack.resources()[queue], MessageBody=body)


def resources_of(one: Life, function: str, action: str) -> set[str]:
    """What a function has done this action on, by logical id."""
    return {use.resource for use in uses(one) if (use.function, use.action) == (function, action)}


def uses(one: Life) -> set[Use]:
    """What the functions of webhooks did, in the names of the template."""
    one.find_consumers()
    logical = {name: key for key, name in one.stack.resources().items()}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}
    return {
        Use(one.owners[call.access_key], call.action, logical.get(call.table, call.table), call.keys)
        for call in one.calls
        if call.access_key in one.owners
    }


def until(holds: Callable[[], bool]) -> None:
    last = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < last, "it did not come to that"
        time.sleep(0.2)


def test_a_delivery_that_failed_arrives_signed(life: Life) -> None:
    headers, body = life.receiver.got[-1]
    assert Webhook(life.secret).verify(body, headers)["type"] == "UserCreated"


def test_nothing_was_refused(life: Life) -> None:
    assert [call for call in life.calls if call.refused] == []


@pytest.fixture(scope="module")
def recorded(life: Life) -> set[Use]:
    return uses(life)


def about_webhooks(template: Template, done: set[Use]) -> list[str]:
    found = complaints(template, done, unseen=NO_SIGN_IN)
    return [it for it in found if it.startswith(FUNCTIONS)]


def test_the_functions_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_webhooks(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_WEBHOOKS, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_webhooks(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_action_that_nothing_used_is_named(recorded: set[Use], function: str) -> None:
    fewer = {use for use in recorded if use.function != function}
    assert [it for it in about_webhooks(TEMPLATE, fewer) if it.endswith("which nothing used")]

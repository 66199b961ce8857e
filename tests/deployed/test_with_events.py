"""A stack with events, with IAM enforced: each change reaches the audit trail, and no role may do more than it did."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.cloud import Cloud
from tests.deployed.judge import CUSTOMER_KEY, Use, complaints, without
from tests.deployed.recorder import Call
from tests.deployed.scenario import create, email
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.support.events import event
from tests.support.project import copied
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 60.0
PARAMETERS = ("Events=true", "EventArchiveDays=0", "UsersTableName=UsersWithEvents")  # ministack has no archives
DOERS = {  # a call that only one function makes
    "events:PutEvents": "PublishUserEventsFunction",
    "dynamodb:Query": "RecordAuditFunction",
}
OF_CONSUMERS = [
    grant for grant in grants(TEMPLATE) if grant.function in DOERS.values() and CUSTOMER_KEY not in grant.when
]


@pytest.fixture(scope="module")
def events_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("events"), "api")), name="users-events")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    return deployed


@pytest.fixture(scope="module")
def life(events_stack: Stack) -> tuple[list[dict[str, Any]], list[Call]]:
    """The trail of one user that is created, changed and deleted, and all calls that the functions made meanwhile."""
    mark = len(events_stack.cloud.recorder.calls)
    user_id = json.loads(create(events_stack)["body"])["userId"]
    path = f"/users/{user_id}"
    for function, request in (
        ("UpdateUserFunction", event("PUT", path, {"name": "Ada King"})),
        ("UpdateUserFunction", event("PUT", path, {"email": email()})),
        ("DeleteUserFunction", event("DELETE", path)),
    ):
        answer = events_stack.invoke(function, request)
        assert answer["statusCode"] == 200, answer
    set_aside(events_stack)
    last = time.monotonic() + PATIENCE
    while len(found := trail(events_stack, user_id)) < 4 and time.monotonic() < last:
        time.sleep(0.2)
    return found, events_stack.cloud.recorder.since(mark)


def set_aside(stack: Stack) -> None:
    """Have both consumers set something aside: a message that is no event, and a record that is none."""
    sqs, names = stack.cloud.client("sqs"), stack.resources()
    sqs.send_message(QueueUrl=names["RecordAuditQueue"], MessageBody="no event")
    sqs.send_message(QueueUrl=names["PublishUserEventsQueue"], MessageBody='{"record": {}}')
    last = time.monotonic() + PATIENCE
    waiting = {"RecordAuditDeadLetters", "PublishUserEventsDeadLetters"}
    while waiting and time.monotonic() < last:
        for name in list(waiting):
            if sqs.receive_message(QueueUrl=names[name]).get("Messages"):
                waiting.remove(name)
        time.sleep(0.2)
    assert not waiting, f"nothing was set aside in {waiting}"


def trail(stack: Stack, user_id: str) -> list[dict[str, Any]]:
    found = stack.cloud.client("dynamodb").query(
        TableName=stack.resources()["AuditTable"],
        KeyConditionExpression="userId = :user AND begins_with(place, :entry)",
        ExpressionAttributeValues={":user": {"S": user_id}, ":entry": {"S": "entry#"}},
    )["Items"]
    return sorted(found, key=lambda item: int(item["userVersion"]["N"]))


def test_each_change_is_in_the_trail_with_its_caller(life: tuple[list[dict[str, Any]], list[Call]]) -> None:
    entries, _ = life
    assert [entry["type"]["S"] for entry in entries] == ["UserCreated", "UserUpdated", "UserUpdated", "UserDeleted"]
    assert {entry["actor"]["S"] for entry in entries} == {"anonymous"}


def test_nothing_was_refused(life: tuple[list[dict[str, Any]], list[Call]]) -> None:
    assert [call for call in life[1] if call.refused] == []


@pytest.fixture(scope="module")
def recorded(events_stack: Stack, life: tuple[list[dict[str, Any]], list[Call]]) -> set[Use]:
    """What the consumers did, in the names of the template."""
    logical = {name: key for key, name in events_stack.resources().items()}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}
    owners = {call.access_key: DOERS[call.action] for call in life[1] if call.action in DOERS}
    return {
        Use(owners[call.access_key], call.action, logical.get(call.table, call.table), call.keys)
        for call in life[1]
        if call.access_key in owners
    }


def about_consumers(template: Template, uses: set[Use]) -> list[str]:
    found = complaints(template, uses, unseen=(CUSTOMER_KEY,))
    return [it for it in found if it.startswith(tuple(DOERS.values()))]


def test_the_consumers_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_consumers(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_CONSUMERS, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_consumers(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize("use", ["events:PutEvents", "dynamodb:PutItem", "sqs:SendMessage"])
def test_an_action_that_nothing_used_is_named(recorded: set[Use], use: str) -> None:
    fewer = {each for each in recorded if each.action != use}
    assert [it for it in about_consumers(TEMPLATE, fewer) if it.endswith("which nothing used")]

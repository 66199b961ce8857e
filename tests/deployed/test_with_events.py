"""A stack with events, with IAM enforced: each change reaches the audit trail, and no role may do more than it did."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from operate.__main__ import main as operate
from tests.deployed import attempts
from tests.deployed.attempts import ATTEMPTS, allowed
from tests.deployed.cloud import Cloud
from tests.deployed.judge import NO_SIGN_IN, Use, complaints, seen, without
from tests.deployed.recorder import Call
from tests.deployed.scenario import create, email
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, credentials, named
from tests.support.events import event
from tests.support.project import copied
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 60.0
PARAMETERS = ("Events=true", "EventArchiveDays=0", "UsersTableName=UsersWithEvents")  # ministack has no archives
DOERS = {  # a call that only one function makes
    "events:PutEvents": "PublishUserEventsFunction",
    "kms:Sign": "RecordAuditFunction",
    "dynamodb:Query": "ListAuditFunction",
}
OF_CONSUMERS = [grant for grant in seen(grants(TEMPLATE), NO_SIGN_IN) if grant.function in DOERS.values()]


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
    page = events_stack.invoke("ListAuditFunction", event("GET", f"{path}/audit"))
    assert (page["statusCode"], json.loads(page["body"])["count"]) == (200, 4), page
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
    found = complaints(template, uses, unseen=NO_SIGN_IN)
    return [it for it in found if it.startswith(tuple(DOERS.values()))]


def test_the_consumers_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_consumers(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_CONSUMERS, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_consumers(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize(
    "use", ["events:PutEvents", "dynamodb:PutItem", "sqs:SendMessage", "kms:Sign", "dynamodb:Query"]
)
def test_an_action_that_nothing_used_is_named(recorded: set[Use], use: str) -> None:
    fewer = {each for each in recorded if each.action != use}
    assert [it for it in about_consumers(TEMPLATE, fewer) if it.endswith("which nothing used")]


# The trail can only grow: what the roles are refused, live.

OF_THE_TRAIL = {
    "RecordAuditFunction": {"GetItem", "PutItem"},
    "ListAuditFunction": {"Query"},
    "CreateUserFunction": set(),
}


@pytest.mark.parametrize(("function", "granted"), OF_THE_TRAIL.items())
def test_no_role_may_change_or_delete_an_entry(events_stack: Stack, function: str, granted: set[str]) -> None:
    client = events_stack.cloud.client("dynamodb", *credentials(events_stack, function))
    table = events_stack.resources()["AuditTable"]
    assert {
        action for action in ATTEMPTS if allowed(client, action, attempts.request(action, table, "userId"))
    } == granted


def signs(stack: Stack, *held: str) -> bool:
    """Whether the holder of some credentials may sign a head."""
    kms = stack.cloud.client("kms", *held)
    message = {"KeyId": stack.resources()["AuditKey"], "Message": b"head", "MessageType": "RAW"}
    try:
        kms.sign(**message, SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            return False
        raise
    return True


@pytest.mark.parametrize(("function", "may"), [("RecordAuditFunction", True), ("ListAuditFunction", False)])
def test_only_the_recorder_signs(events_stack: Stack, function: str, may: bool) -> None:
    assert signs(events_stack, *credentials(events_stack, function)) == may


def test_not_even_an_administrator_signs(events_stack: Stack) -> None:
    """A role with all rights on all resources: the policy of the key does not let it."""
    iam, sts = events_stack.cloud.client("iam"), events_stack.cloud.client("sts")
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [root]})
    role = iam.create_role(RoleName="administrator", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName="administrator", PolicyName="everything", PolicyDocument=policy)
    held = sts.assume_role(RoleArn=role, RoleSessionName="proof")["Credentials"]
    keys = held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"]
    assert events_stack.cloud.client("kms", *keys).get_public_key(KeyId=events_stack.resources()["AuditKey"])
    assert not signs(events_stack, *keys)


def test_the_trail_of_the_deployed_stack_verifies(
    events_stack: Stack, life: tuple[list[dict[str, Any]], list[Call]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = events_stack.resources()
    for name, value in (
        ("AWS_ENDPOINT_URL", events_stack.cloud.endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ):
        monkeypatch.setenv(name, value)
    assert operate(["audit", "verify", "--table", names["AuditTable"], "--key", names["AuditKey"]]) == 0

"""A stack with live updates, with IAM enforced: each function does what its role grants, and nothing else."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.cloud import Cloud
from tests.deployed.judge import NO_SIGN_IN, Use, complaints, seen, without
from tests.deployed.recorder import Call
from tests.deployed.scenario import create
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.support.events import event
from tests.support.project import copied
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 60.0
PARAMETERS = ("Events=true", "EventArchiveDays=0", "LiveUpdates=true", "UsersTableName=UsersWithLiveUpdates")
PUSH = "PushLiveUpdatesFunction"
HANDLERS = ("CreateLiveTicketFunction", "OpenConnectionFunction", "HandleMessageFunction", "CloseConnectionFunction")
OF_LIVE = [grant for grant in seen(grants(TEMPLATE), NO_SIGN_IN) if grant.function in (PUSH, *HANDLERS)]


@pytest.fixture(scope="module")
def live_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("live"), "api")), name="users-live")
    leave_out_route_response(deployed.project / "template.yaml")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    lead_to_the_account(deployed)
    return deployed


def leave_out_route_response(template: Path) -> None:
    """Responses to messages need it on AWS. The emulated CloudFormation does not know its type."""
    text, number = re.subn(r"\n  HandleMessageRouteResponse:\n(?:    .*\n)+", "", template.read_text())
    assert number == 1
    template.write_text(text)


def lead_to_the_account(stack: Stack, function: str = PUSH) -> None:
    """Give a consumer the address of the connections here: the one in the template is Amazon's."""
    names, client = stack.resources(), stack.cloud.client("lambda")
    variables = client.get_function_configuration(FunctionName=names[function])["Environment"]["Variables"]
    variables["LIVE_ENDPOINT"] = f"{stack.cloud.recorder.url}/_aws/execute-api/{names['LiveApi']}/live"
    client.update_function_configuration(FunctionName=names[function], Environment={"Variables": variables})


def socket_event(kind: str, connection: str, message: Any = None, protocols: str = "") -> dict[str, Any]:
    """An event of a route of the WebSocket API."""
    return {
        "requestContext": {"eventType": kind, "connectionId": connection},
        "headers": {"Sec-WebSocket-Protocol": protocols},
        "body": None if message is None else json.dumps(message),
    }


@pytest.fixture(scope="module")
def life(live_stack: Stack) -> tuple[dict[str, str], list[Call]]:
    """The function behind each access key, and all calls, from the first ticket to a push to a closed connection."""
    owners: dict[str, str] = {}
    recorder = live_stack.cloud.recorder
    start = len(recorder.calls)

    def done(function: str, request: dict[str, Any]) -> dict[str, Any]:
        mark = len(recorder.calls)
        answer = live_stack.invoke(function, request)
        assert answer["statusCode"] in (200, 201), answer
        owners.update((call.access_key, function) for call in recorder.since(mark))
        return answer

    for connection in ("one", "two"):
        ticket = json.loads(done("CreateLiveTicketFunction", event("POST", "/live/tickets"))["body"])
        done("OpenConnectionFunction", socket_event("CONNECT", connection, protocols=", ".join(ticket["protocols"])))
        for action in ("subscribe", "unsubscribe", "subscribe"):
            message = {"action": action, "to": "users", "after": int(time.time() * 1000)}
            done("HandleMessageFunction", socket_event("MESSAGE", connection, message))
    done("CloseConnectionFunction", socket_event("DISCONNECT", "one"))
    set_aside(live_stack)
    assert create(live_stack)["statusCode"] == 201
    last = time.monotonic() + PATIENCE
    while not cleaned_up(live_stack) and time.monotonic() < last:
        time.sleep(0.2)
    calls = recorder.since(start)
    owners.update((call.access_key, PUSH) for call in calls if call.action == "execute-api:ManageConnections")
    return owners, calls


def set_aside(stack: Stack) -> None:
    """Have the consumer set something aside: a message that is no event."""
    stack.cloud.client("sqs").send_message(QueueUrl=stack.resources()["PushLiveUpdatesQueue"], MessageBody="no event")


def cleaned_up(stack: Stack) -> bool:
    """Whether the push has found that the other connection is gone."""
    key = {"key": {"S": "connection#two"}, "place": {"S": "connection"}}
    return "Item" not in stack.cloud.client("dynamodb").get_item(TableName=stack.resources()["LiveTable"], Key=key)


def test_a_push_cleans_up_a_connection_that_is_gone(live_stack: Stack, life: tuple[dict[str, str], list[Call]]) -> None:
    assert cleaned_up(live_stack)


def test_nothing_was_refused(life: tuple[dict[str, str], list[Call]]) -> None:
    assert [call for call in life[1] if call.refused] == []


@pytest.fixture(scope="module")
def recorded(live_stack: Stack, life: tuple[dict[str, str], list[Call]]) -> set[Use]:
    """What the functions did, in the names of the template."""
    owners, calls = life
    logical = {name: key for key, name in live_stack.resources().items()}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}
    logical[live_stack.resources()["LiveApi"]] = "LiveApi.Connections"
    return {
        Use(owners[call.access_key], call.action, logical.get(call.table, call.table), call.keys)
        for call in calls
        if call.access_key in owners
    }


def about_live_updates(template: Template, uses: set[Use]) -> list[str]:
    found = complaints(template, uses, unseen=NO_SIGN_IN)
    return [it for it in found if it.startswith((PUSH, *HANDLERS))]


def test_the_functions_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_live_updates(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_LIVE, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_live_updates(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize(
    "use", ["execute-api:ManageConnections", "dynamodb:PutItem", "dynamodb:Query", "sqs:SendMessage"]
)
def test_an_action_that_nothing_used_is_named(recorded: set[Use], use: str) -> None:
    fewer = {each for each in recorded if each.action != use}
    assert [it for it in about_live_updates(TEMPLATE, fewer) if it.endswith("which nothing used")]


@pytest.mark.parametrize("key", ["caller#key:a", "log", "topic#users"])
def test_a_ticket_is_all_that_its_handler_may_write(recorded: set[Use], key: str) -> None:
    more = Use(HANDLERS[0], "dynamodb:PutItem", "LiveTable", frozenset({key}))
    assert about_live_updates(TEMPLATE, {*recorded, more}) == [f"{HANDLERS[0]} lacks dynamodb:PutItem on LiveTable"]

"""Each role grants exactly what its function does: shown by what is done, by what is refused, by what goes missing."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import botocore.exceptions
import pytest

from local.template.transform import transformed
from tests.deployed import judge, scenario
from tests.deployed.attempts import ATTEMPTS, allowed, request
from tests.deployed.front import Front
from tests.deployed.judge import Use, complaints, without
from tests.deployed.recorder import Call
from tests.deployed.stack import Stack
from tests.support.server import ROOT
from tools.roles import Grant, functions, grants, role_of
from tools.statements import Template

pytestmark = pytest.mark.needs("curl")  # test-api.sh

TEMPLATE: Template = transformed(ROOT / "template.yaml")
GRANTS = [grant for grant in grants(TEMPLATE) if not grant.when.startswith(judge.UNSEEN)]
OF_DYNAMODB = [grant for grant in GRANTS if grant.action.startswith("dynamodb:")]
TABLES = sorted(
    name
    for name, block in TEMPLATE["Resources"].items()
    if block["Type"] == "AWS::DynamoDB::GlobalTable" and "Condition" not in block
)
POLICY = "AWS::IAM::Policy"
FUNCTIONS = [name for name, block in functions(TEMPLATE) if "Condition" not in block]


def role_name(stack: Stack, function: str) -> str:
    """The role that a function has in the account."""
    return stack.resources()[role_of(function, TEMPLATE["Resources"][function])]


def named(grant: Grant) -> str:
    return f"{grant.function}-{grant.action}-{grant.resource}"


@pytest.fixture(scope="module")
def owners(stack: Stack) -> dict[str, str]:
    """The function that each access key belongs to, found by calling one function after the other.

    The version behind an alias and the newest code have each a session of the same role.
    """
    found: dict[str, str] = {}
    for function in FUNCTIONS:
        calls, answers = done_by(stack, function)
        assert all(200 <= answer["statusCode"] < 300 for answer in answers), answers
        keys = {call.access_key for call in calls}
        assert 1 <= len(keys) <= 2, f"{function} called as {keys}"
        assert not keys & found.keys(), "two functions share a role's session"
        found.update(dict.fromkeys(keys, function))
    return found


def done_by(stack: Stack, function: str) -> tuple[list[Call], list[dict[str, Any]]]:
    """The calls and answers of a function that is made to do everything."""
    mark = len(stack.cloud.recorder.calls)
    answers = scenario.EVERYTHING[function](stack)
    return stack.cloud.recorder.since(mark), answers


def uses(stack: Stack, owners: dict[str, str], calls: list[Call]) -> set[Use]:
    """Recorded calls in the names of the template; whoever is unknown stays as recorded."""
    tables = {name: logical for logical, name in stack.resources().items() if logical in TABLES}
    return {
        Use(owners.get(call.access_key, call.access_key), call.action, tables.get(call.table, call.table), call.keys)
        for call in calls
    }


@pytest.fixture(scope="module")
def recorded(stack: Stack, front: Front, owners: dict[str, str]) -> set[Use]:
    """All that the functions did in all tests so far, in the whole of test-api.sh, and in every scenario."""
    arguments = [str(stack.project / "test-api.sh"), front.url, stack.api_key()]
    subprocess.run(arguments, check=True, capture_output=True, timeout=120)
    return uses(stack, owners, stack.cloud.recorder.since(0))


def test_the_roles_grant_what_the_functions_do_and_nothing_else(recorded: set[Use]) -> None:
    assert complaints(TEMPLATE, recorded) == []


def test_nothing_was_refused(stack: Stack, recorded: set[Use]) -> None:
    assert [call for call in stack.cloud.recorder.since(0) if call.refused] == []


@pytest.mark.parametrize("grant", GRANTS, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    assert complaints(without(TEMPLATE, grant), recorded) == [
        f"{grant.function} lacks {grant.action} on {grant.resource}"
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("table", TABLES)
def test_an_action_more_is_named(recorded: set[Use], function: str, table: str) -> None:
    more = with_policy(function, "dynamodb:Query", {"Fn::GetAtt": [table, "Arn"]})
    assert complaints(more, recorded) == [f"{function} is granted dynamodb:Query on {table}, which nothing used"]


def with_policy(function: str, action: str, resource: Any, **more: str) -> Template:
    """The template with one policy more, which belongs to a function's role."""
    statement = {"Effect": "Allow", "Action": [action], "Resource": resource}
    policy = {
        "Roles": [{"Ref": role_of(function, TEMPLATE["Resources"][function])}],
        "PolicyDocument": {"Statement": [statement]},
    }
    return {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "More": {"Type": POLICY, "Properties": policy, **more}}}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_that_allows_everything_is_named(recorded: set[Use], function: str) -> None:
    role = role_of(function, TEMPLATE["Resources"][function])
    assert complaints(with_policy(function, "dynamodb:*", "*"), recorded) == [
        f"{role} names a resource that is neither !GetAtt <Resource>.Arn nor a parameter: *"
    ]


def test_a_wildcard_is_named(recorded: set[Use]) -> None:
    grant = next(grant for grant in OF_DYNAMODB if grant.function == "GetUserFunction")
    wild = judge.changed(TEMPLATE, grant, lambda statement: statement["Action"].append("dynamodb:Get*"))
    assert f"{grant.function} is granted dynamodb:Get* on {grant.resource}, a wildcard" in complaints(wild, recorded)


def test_a_wildcard_under_a_condition_that_is_off_is_named_too(recorded: set[Use]) -> None:
    wild = with_policy("GetUserFunction", "dynamodb:*", {"Fn::GetAtt": ["UsersTable", "Arn"]}, Condition="CustomerKey")
    assert complaints(wild, recorded) == ["GetUserFunction is granted dynamodb:* on UsersTable, a wildcard"]


def test_a_claim_of_an_email_is_no_business_of_the_list(recorded: set[Use]) -> None:
    peeked = Use("ListUsersFunction", "dynamodb:GetItem", "UserKeysTable", frozenset({"email#ada@example.com"}))
    assert complaints(TEMPLATE, {*recorded, peeked}) == ["ListUsersFunction lacks dynamodb:GetItem on UserKeysTable"]


# Live: the same account, the real roles.


@pytest.fixture(scope="module", params=FUNCTIONS)
def session(request: pytest.FixtureRequest, stack: Stack) -> tuple[str, Any]:
    """A function and a client that holds its role."""
    return request.param, stack.cloud.client("dynamodb", *credentials(stack, request.param))


def credentials(stack: Stack, function: str) -> tuple[str, str, str]:
    """Credentials of a function's role. The role's trust is widened for as long as it takes."""
    role = role_name(stack, function)
    iam, sts = stack.cloud.client("iam"), stack.cloud.client("sts")
    trust = iam.get_role(RoleName=role)["Role"]
    root = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
    iam.update_assume_role_policy(
        RoleName=role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [root]})
    )
    held = sts.assume_role(RoleArn=trust["Arn"], RoleSessionName="proof")["Credentials"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust["AssumeRolePolicyDocument"]))
    return held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"]


@pytest.mark.parametrize("table", TABLES)
def test_each_function_is_refused_everything_else(stack: Stack, session: tuple[str, Any], table: str) -> None:
    function, client = session
    key = "userId" if table == "UsersTable" else "key"
    name = stack.resources()[table]
    let_through = {action for action in ATTEMPTS if allowed(client, action, request(action, name, key))}
    granted = {
        grant.action.split(":")[1] for grant in OF_DYNAMODB if (grant.function, grant.resource) == (function, table)
    }
    assert let_through == granted


def test_each_function_is_refused_all_other_services(stack: Stack, session: tuple[str, Any]) -> None:
    _, client = session
    credentials = client._request_signer._credentials
    for service, action in [
        ("iam", "ListRoles"),
        ("s3", "ListBuckets"),
        ("lambda", "ListFunctions"),
        ("secretsmanager", "ListSecrets"),
        ("cloudformation", "DescribeStacks"),
    ]:
        other = stack.cloud.client(service, credentials.access_key, credentials.secret_key, credentials.token)
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            other._make_api_call(action, {})


def test_one_policy_more_in_the_account_is_seen(stack: Stack) -> None:
    """The proof of refusals itself: with dynamodb:* on * a role is let through where it was refused."""
    role, iam = role_name(stack, "GetUserFunction"), stack.cloud.client("iam")
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    client = stack.cloud.client("dynamodb", *credentials(stack, "GetUserFunction"))
    attempt = "Scan", request("Scan", stack.resources()["UserKeysTable"], "key")
    assert not allowed(client, *attempt)
    iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=json.dumps({"Statement": [statement]}))
    try:
        assert allowed(client, *attempt)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="more")


@pytest.mark.parametrize("grant", OF_DYNAMODB, ids=named)
def test_a_function_with_an_action_less_is_refused(stack: Stack, owners: dict[str, str], grant: Grant) -> None:
    """The role in the account loses the action, and the call that needs it is turned away and named."""
    role, iam = role_name(stack, grant.function), stack.cloud.client("iam")
    policy, document = policy_with(stack, grant)
    rest = less(stack, document, grant)
    if rest["Statement"]:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(rest))
    else:  # a policy without a statement is none
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        calls, answers = done_by(stack, grant.function)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    refused = [call for call in calls if call.refused]
    assert refused
    assert complaints_about_what_is_missing(without(TEMPLATE, grant), uses(stack, owners, refused)) == [
        f"{grant.function} lacks {grant.action} on {grant.resource}"
    ]
    assert [answer["statusCode"] for answer in answers if answer["statusCode"] >= 500], answers


def policy_with(stack: Stack, grant: Grant) -> tuple[str, dict[str, Any]]:
    """The policy of the account that grants something: its name and its document."""
    role, iam = role_name(stack, grant.function), stack.cloud.client("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        if any(grant.action in each["Action"] for each in document["Statement"]):
            return name, document
    raise AssertionError(f"no policy of {role} in the account grants {grant}")


def less(stack: Stack, document: dict[str, Any], grant: Grant) -> dict[str, Any]:
    """A policy document of the account without one action."""
    end = f"/{stack.resources()[grant.resource]}"
    statements = [
        {**each, "Action": [action for action in each["Action"] if action != grant.action]}
        if each["Resource"].endswith(end)
        else each
        for each in document["Statement"]
    ]
    assert statements != document["Statement"]
    return {**document, "Statement": [each for each in statements if each["Action"]]}


def complaints_about_what_is_missing(template: Template, done: set[Use]) -> list[str]:
    return [complaint for complaint in complaints(template, done) if " lacks " in complaint]

"""A stack with sign-in, with IAM enforced: each function does what its role grants, and nothing else."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deployed import scenario
from tests.deployed.cloud import Cloud
from tests.deployed.judge import NEVER, TWO_REGIONS, Use, complaints, seen, without
from tests.deployed.people import in_pool, of_person, of_the_pool, request, token
from tests.deployed.recorder import Call
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.support.project import copied
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 120.0
PARAMETERS = ("SignIn=true", "EventArchiveDays=0", "UsersTableName=UsersWithSignIn")  # ministack has no archives
FIVE = tuple(f"{verb}Function" for verb in ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser"))
REGISTER, FOLLOW, ERASE = "RegisterPersonFunction", "FollowSignInFunction", "CarryOutErasureFunction"
ADMINISTRATION = tuple(
    sorted({it.function for it in grants(TEMPLATE) if it.when.startswith("if SignInOn")} - {*FIVE, REGISTER, FOLLOW})
)
FUNCTIONS = (*FIVE, REGISTER, *ADMINISTRATION, FOLLOW)
# What erasures may do besides with other capabilities; tests/deployed/test_with_everything.py has a stack with those.
OFF = (
    *NEVER,
    "if MailOn",
    "if WebhooksOn",
    "if LiveOn",
    "if PicturesOn",
    "if SearchOn",
    TWO_REGIONS,
)
OF_SIGN_IN = [grant for grant in seen(grants(TEMPLATE), OFF) if grant.function in FUNCTIONS]
ADMIN = "an-admin"
OF_OTHERS = ("events:PutEvents", "kms:Sign", "kms:GetPublicKey")  # of consumers that run meanwhile


@pytest.fixture(scope="module")
def sign_in_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("sign-in"), "api")), name="users-sign-in")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    return deployed


class Life:
    """The function behind each access key, and what each request was answered with."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.recorder = stack, stack.cloud.recorder
        self.start = len(self.recorder.calls)
        self.owners: dict[str, str] = {}
        self.answers: dict[str, int] = {}
        self.receipt: dict[str, Any] = {}

    @property
    def calls(self) -> list[Call]:
        return self.recorder.since(self.start)

    def done(self, function: str, what: dict[str, Any]) -> dict[str, Any]:
        mark = len(self.recorder.calls)
        answer = self.stack.invoke(function, what)
        self.owners.update((call.access_key, function) for call in self.recorder.since(mark))
        return answer

    def ask(self, name: str, function: str, what: dict[str, Any]) -> Any:
        answer = self.done(function, what)
        self.answers[name] = answer["statusCode"]
        return json.loads(answer["body"]) if answer.get("body") else None

    def register(self, subject: str, address: str) -> None:
        assert "triggerSource" in self.done(REGISTER, of_the_pool(subject, address))

    def functions(self) -> dict[str, str]:
        """The function behind each access key. Consumers, which run meanwhile, are known by what they do."""
        others = {call.access_key for call in self.calls if call.action in OF_OTHERS}
        follow = {call.access_key: FOLLOW for call in self.calls if call.action == "cognito-idp:AdminDisableUser"}
        queue = self.stack.resources()["CarryOutErasureQueue"].rpartition("/")[2]
        erase = {call.access_key: ERASE for call in self.calls if call.table == queue}
        consumers = {key: name for key, name in {**self.owners, **follow}.items() if key not in others}
        return {**consumers, **erase}


@pytest.fixture(scope="module")
def life(sign_in_stack: Stack) -> Life:
    """A person who comes, changes and goes, and one whom an administrator manages."""
    one = Life(sign_in_stack)
    one.register(ADMIN, scenario.email())
    erased = begin_erasure(one)
    live(one)
    manage(one)
    end_erasure(one, erased)
    return one


def live(one: Life) -> None:
    """A record that becomes a person's, and what everybody may do with it."""
    admin = token(ADMIN, "users/admin", admin=True)
    new = {"name": "Kay McNulty", "email": scenario.email()}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    made = one.ask("create", "CreateUserFunction", request("POST", "/users", admin, new, key))
    one.register("kay", new["email"])  # links
    kay = token("kay", "users/self")
    path = f"/users/{made['userId']}"
    one.ask("own", "GetUserFunction", request("GET", path, kay))
    one.ask("another", "GetUserFunction", request("GET", path, token("eve", "users/self")))
    me = request("GET", path, kay)
    one.ask("me", "GetUserFunction", {**me, "resource": "/users/me", "path": "/users/me", "pathParameters": None})
    one.ask("any", "GetUserFunction", request("GET", path, admin))
    one.ask("list", "ListUsersFunction", request("GET", "/users", admin, query="limit=1"))
    one.ask("change", "UpdateUserFunction", request("PUT", path, kay, {"name": "Kay Antonelli"}))
    one.ask("email", "UpdateUserFunction", request("PUT", path, admin, {"email": scenario.email()}))
    one.register("kay", scenario.email())  # the email at the sign-in has changed
    one.ask("delete", "DeleteUserFunction", request("DELETE", path, kay))
    one.ask("delete as an admin", "DeleteUserFunction", request("DELETE", path, admin))


def manage(one: Life) -> None:
    """All that an administrator does, each followed by the user pool before the next."""
    admin, address = token(ADMIN, "users/admin", admin=True), scenario.email()
    subject, user = in_pool(one.stack, address), ""
    one.register(subject, address)
    user = of_person(one.stack, subject)

    def act(name: str, function: str, method: str, body: Any = None, follows: str = "") -> None:
        mark = len(one.recorder.calls)
        sent = request(method, f"/users/{user}", admin, body, {"Idempotency-Key": uuid.uuid4().hex})
        one.ask(name, f"{function}Function", sent)
        until(lambda: not follows or any(it.action == f"cognito-idp:{follows}" for it in one.recorder.since(mark)))

    act("managed", "GetManagedUser", "GET")
    act("statistics", "GetStatistics", "GET")
    act("disable", "DisableUser", "POST", follows="AdminDisableUser")
    act("enable", "EnableUser", "POST", follows="AdminEnableUser")
    act("sign out", "SignOutUser", "POST", follows="AdminUserGlobalSignOut")
    act("a role", "SetRoles", "PUT", {"roles": ["admins"]}, follows="AdminAddUserToGroup")
    act("no role", "SetRoles", "PUT", {"roles": []}, follows="AdminRemoveUserFromGroup")
    act("an email", "UpdateUser", "PUT", {"email": scenario.email()}, follows="AdminUpdateUserAttributes")
    act("delete a person", "DeleteUser", "DELETE", follows="AdminDeleteUser")
    queue = one.stack.resources()["FollowSignInQueue"]
    one.stack.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="no event")
    until(lambda: any("FollowSignInDeadLetters" in it.table for it in by(one, FOLLOW)))


def begin_erasure(one: Life) -> str:
    """Erase a person whose record another tool changed, and with whom a response is kept; the id of the user.

    It has two rounds, so it goes on meanwhile.
    """
    address = scenario.email()
    subject = in_pool(one.stack, address)
    one.register(subject, address)
    user, database, names = of_person(one.stack, subject), one.stack.cloud.client("dynamodb"), one.stack.resources()
    database.update_item(
        TableName=names["UsersTable"],
        Key={"userId": {"S": user}},
        UpdateExpression="REMOVE #version",
        ExpressionAttributeNames={"#version": "version"},
    )
    kept = scenario.strings({"key": f"request#sub:{subject}#{uuid.uuid4()}", "userId": user, "response": "{}"})
    database.put_item(TableName=names["UserKeysTable"], Item=kept)
    admin = token(ADMIN, "users/admin", admin=True)
    receipt = one.ask("erase", "EraseUserFunction", request("POST", f"/users/{user}", admin))
    assert (receipt["userId"], receipt["status"]) == (user, "running")
    return user


def end_erasure(one: Life, user: str) -> None:
    """Look until the erasure is completed."""
    asked = request("GET", f"/users/{user}", token(ADMIN, "users/admin", admin=True))

    def completed() -> bool:
        one.receipt = one.ask("erasure", "GetErasureFunction", asked)
        return bool(one.receipt["status"] == "completed")

    until(completed)


def by(one: Life, function: str) -> list[Call]:
    """The calls of a function."""
    known = one.functions()
    return [call for call in one.calls if known.get(call.access_key) == function]


def until(holds: Callable[[], bool]) -> None:
    last = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < last, "it did not come to that"
        time.sleep(0.2)


def test_each_caller_gets_what_the_rules_say(life: Life) -> None:
    refused = {name: status for name, status in life.answers.items() if status >= 300}
    assert refused == {"another": 404, "delete as an admin": 404}
    assert len(life.answers) == 21


def test_nothing_was_refused(life: Life) -> None:
    assert [call for call in life.calls if call.refused] == []


def test_the_person_is_erased_from_every_place(life: Life) -> None:
    assert life.receipt["verified"]
    assert {each["place"]: each["erased"] for each in life.receipt["places"]} == {
        "identity": 1,
        "record": 1,
        "claims": 1,
    }


def test_the_pool_has_forgotten_the_persons_who_were_deleted(sign_in_stack: Stack, life: Life) -> None:
    pool = sign_in_stack.resources()["UserPool"]
    assert sign_in_stack.cloud.client("cognito-idp").list_users(UserPoolId=pool)["Users"] == []


@pytest.fixture(scope="module")
def recorded(sign_in_stack: Stack, life: Life) -> set[Use]:
    """What the functions did, in the names of the template."""
    owners = life.functions()
    logical = {name: key for key, name in sign_in_stack.resources().items()}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}
    return {
        Use(owners[call.access_key], call.action, logical.get(call.table, call.table), call.keys)
        for call in life.calls
        if call.access_key in owners
    }


def about_sign_in(template: Template, uses: set[Use]) -> list[str]:
    found = complaints(template, uses, unseen=OFF)
    return [it for it in found if it.startswith(FUNCTIONS)]


def test_the_functions_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_sign_in(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_SIGN_IN, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_sign_in(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize("function", FIVE)
def test_a_function_of_users_reads_people_and_no_claims_of_emails(recorded: set[Use], function: str) -> None:
    more = Use(function, "dynamodb:GetItem", "UserKeysTable", frozenset({"email#a@example.com"}))
    assert about_sign_in(TEMPLATE, {*recorded, more}) == [f"{function} lacks dynamodb:GetItem on UserKeysTable"]


def test_a_grant_that_nothing_used_is_named(recorded: set[Use]) -> None:
    fewer = {each for each in recorded if not any(key.startswith("subject#") for key in each.keys)}
    assert len([it for it in about_sign_in(TEMPLATE, fewer) if it.endswith("which nothing used")]) >= len(FIVE)


@pytest.mark.parametrize("function", [*ADMINISTRATION, FOLLOW])
def test_a_function_that_did_nothing_is_named(recorded: set[Use], function: str) -> None:
    fewer = {each for each in recorded if each.function != function}
    assert [
        it for it in about_sign_in(TEMPLATE, fewer) if it.startswith(function) and it.endswith("which nothing used")
    ]


@pytest.mark.parametrize("action", sorted({it.action for it in OF_SIGN_IN if it.action.startswith("cognito-idp:")}))
def test_what_the_user_pool_was_not_asked_for_is_named(recorded: set[Use], action: str) -> None:
    fewer = {each for each in recorded if each.action != action}
    granted = sorted(grant.function for grant in OF_SIGN_IN if grant.action == action)
    said = [f"{function} is granted {action} on UserPool, which nothing used" for function in granted]
    assert about_sign_in(TEMPLATE, fewer) == said

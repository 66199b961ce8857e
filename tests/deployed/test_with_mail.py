"""A stack with mail, with IAM enforced: letters go out, and the roles of mail may do what they do and no more."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dynamodb.values import to_item
from tests.deployed.cloud import REGION, Cloud
from tests.deployed.judge import NO_SIGN_IN, Use, complaints, seen, without
from tests.deployed.mail_service import PREFIX, MailService, allowed
from tests.deployed.recorder import Call
from tests.deployed.scenario import create, email
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named, role_name
from tests.support.events import event
from tests.support.project import copied
from tools.roles import Grant, grants
from utils.timestamps import rfc3339
from webhooks.model import new_webhook

PATIENCE = 60.0
SENDER = "users@example.com"
OPERATORS = "operators@example.com"
IDENTITY = f"{PREFIX}:identity/example.com"
PARAMETERS = (
    "Events=true",
    "EventArchiveDays=0",  # ministack has no archives
    "UsersTableName=UsersWithMail",
    f"MailSender={SENDER}",
    f"MailIdentityArn={IDENTITY}",
    "Webhooks=true",
    f"MailOperators={OPERATORS}",
)
SEND_MAIL, SETTLE_MAIL, QUEUE_MAIL = "SendMailFunction", "SettleMailFunction", "QueueMailFunction"
VERIFYING = (
    "RequestEmailVerificationFunction",
    "GetEmailVerificationFunction",
    "ShowEmailVerificationFunction",
    "ConfirmEmailFunction",
)
DOERS = (SEND_MAIL, SETTLE_MAIL, QUEUE_MAIL, *VERIFYING)
OF_MAIL = [grant for grant in seen(grants(TEMPLATE), NO_SIGN_IN) if grant.function in DOERS]


@pytest.fixture(scope="module")
def mail_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("mail"), "api")), name="users-mail")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    verify_sender(cloud)
    cloud.recorder.mail = MailService(cloud.endpoint, lambda: policies(deployed))
    yield deployed
    deployed.rest()
    cloud.recorder.mail = None


def verify_sender(cloud: Cloud) -> None:
    """What a person does on AWS: verify the domain, and ask for production access."""
    ses = cloud.client("sesv2")
    ses.create_email_identity(EmailIdentity="example.com")
    ses.put_account_details(
        MailType="TRANSACTIONAL",
        WebsiteURL="https://example.com",
        UseCaseDescription="proof",
        ProductionAccessEnabled=True,
    )


def policies(stack: Stack) -> list[Any]:
    """The policies that the role has in the account now."""
    role, iam = role_name(stack, SEND_MAIL), stack.cloud.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]


def until(done: Callable[[], Any], what: str) -> None:
    """Wait for something."""
    last = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < last, f"{what} did not happen"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def life(mail_stack: Stack) -> list[Call]:
    """All calls of the functions: a user lives, SES refuses a letter and reports on others, a message is no event."""
    recorder, mark = mail_stack.cloud.recorder, len(mail_stack.cloud.recorder.calls)
    mail = recorder.mail
    assert mail
    user_id = json.loads(create(mail_stack)["body"])["userId"]
    until(partial(has_taken, mail, 1), "the welcome")
    asked = mail_stack.invoke("RequestEmailVerificationFunction", event("POST", f"/users/{user_id}"))
    assert json.loads(asked["body"]) == {"emailVerified": False}
    until(partial(has_taken, mail, 2), "another link")
    verify(mail_stack, user_id, mail.taken[1])
    for method, body, letters in (("PUT", {"email": email()}, 4), ("DELETE", None, 5)):
        function = "UpdateUserFunction" if body else "DeleteUserFunction"
        assert mail_stack.invoke(function, event(method, f"/users/{user_id}", body))["statusCode"] == 200
        until(partial(has_taken, mail, letters), f"the mail of {method}")
    disable(mail_stack)
    until(partial(has_taken, mail, 6), "the notice of a webhook")
    for type_, more in (("Email Sent", {}), ("Email Bounced", {"bounce": {"bounceType": "Permanent"}})):
        report(mail_stack, type_, mail.taken[0], more)
    until(lambda: owned_by(SETTLE_MAIL, recorder.since(mark), {"dynamodb:UpdateItem"}), "settling")
    mail.throttled = 1
    create(mail_stack)
    until(lambda: owned_by(SEND_MAIL, recorder.since(mark), {"dynamodb:DeleteItem"}), "a retry")
    for name in ("SendMail", "SettleMail"):
        set_aside(mail_stack, name)
    return recorder.since(mark)


def has_taken(mail: MailService, letters: int) -> bool:
    return len(mail.taken) == letters


def verify(stack: Stack, user_id: str, letter: dict[str, Any]) -> None:
    """Open the link of a letter, use it, and ask what it did."""
    found = re.search(r"/email-verification/(\S+)", letter["Content"]["Simple"]["Body"]["Text"]["Data"])
    assert found
    for function, method, token in (
        ("ShowEmailVerificationFunction", "GET", found[1]),
        ("ConfirmEmailFunction", "POST", found[1]),
        ("GetEmailVerificationFunction", "GET", ""),
    ):
        request = event(method, f"/users/{user_id}")
        request["pathParameters"] |= {"token": token} if token else {}
        answer = stack.invoke(function, request)
        assert answer["statusCode"] == 200, answer
    assert json.loads(answer["body"]) == {"emailVerified": True}


def disable(stack: Stack) -> None:
    """Have a webhook that failed for days, as the dispatcher leaves it."""
    now = rfc3339(time.time())
    hook = new_webhook({"url": "https://hooks.example.com/"}, str(uuid.uuid4()), "whsec_AAAA", now)
    database, table = stack.cloud.client("dynamodb"), stack.resources()["WebhooksTable"]
    disabled = {**hook.values, "status": "disabled", "disabledReason": "failing", "version": 2}
    for item in (hook.values, disabled):
        database.put_item(TableName=table, Item=to_item(item))


def report(stack: Stack, type_: str, letter: dict[str, Any], more: dict[str, Any]) -> None:
    """What SES reports of a letter. Only AWS can send it to the bus, so it goes to the queue if the rule takes it."""
    tags = {each["Name"]: [each["Value"]] for each in letter["EmailTags"]}
    tags["ses:configuration-set"] = [letter["ConfigurationSetName"]]
    told = {"mail": {"messageId": "1", "destination": letter["Destination"]["ToAddresses"], "tags": tags}, **more}
    envelope = {"source": "aws.ses", "detail-type": type_, "time": "2026-11-26T22:00:00Z", "detail": told}
    assert taken_by_the_rule(stack, envelope)
    sqs, names = stack.cloud.client("sqs"), stack.resources()
    sqs.send_message(QueueUrl=names["SettleMailQueue"], MessageBody=json.dumps(envelope))


def taken_by_the_rule(stack: Stack, envelope: dict[str, Any]) -> bool:
    """Whether the rule in the account sends an event on."""
    events = stack.cloud.client("events")
    pattern = events.describe_rule(Name=stack.resources()["SettleMailRule"].rpartition("|")[2])["EventPattern"]
    whole = {"id": "1", "account": "000000000000", "region": REGION, "resources": [], **envelope}
    return bool(events.test_event_pattern(EventPattern=pattern, Event=json.dumps(whole))["Result"])


def set_aside(stack: Stack, name: str) -> None:
    """Have a function set aside a message that is no event."""
    sqs, names = stack.cloud.client("sqs"), stack.resources()
    sqs.send_message(QueueUrl=names[f"{name}Queue"], MessageBody="no event")
    until(lambda: sqs.receive_message(QueueUrl=names[f"{name}DeadLetters"]).get("Messages"), "setting aside")


def owners(calls: list[Call]) -> dict[str, str]:
    """The functions of mail by access key. Each makes a call that no other makes; one makes only a call of others."""
    found = {}
    for call in calls:
        keys = "".join(call.keys)
        if call.action == "ses:SendEmail":
            found[call.access_key] = SEND_MAIL
        elif call.action == "dynamodb:PutItem" and keys.startswith("address#"):
            found[call.access_key] = SETTLE_MAIL
        elif call.action == "sqs:SendMessage" and "SendMailQueue" in call.table:
            found[call.access_key] = QUEUE_MAIL
        elif keys.startswith("renewal#"):
            found[call.access_key] = "RequestEmailVerificationFunction"
        elif keys.startswith("used-link#"):
            found[call.access_key] = "ConfirmEmailFunction"
    actions: dict[str, set[str]] = {}
    for call in calls:
        actions.setdefault(call.access_key, set()).add(call.action)
    only = {key for key, done in actions.items() if done == {"dynamodb:GetItem"} and key not in found}
    return found | dict.fromkeys(only, "GetEmailVerificationFunction")


def owned_by(function: str, calls: list[Call], actions: set[str]) -> list[Call]:
    """The calls of a function with these actions."""
    known = owners(calls)
    return [call for call in calls if known.get(call.access_key) == function and call.action in actions]


@pytest.fixture(scope="module")
def recorded(mail_stack: Stack, life: list[Call]) -> set[Use]:
    """What the functions of mail did, in the names of the template."""
    names = mail_stack.resources()
    logical = {name: key for key, name in names.items()} | {IDENTITY: "MailIdentityArn"}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}
    logical[f"{PREFIX}:configuration-set/{names['MailConfiguration']}"] = "MailConfiguration"
    known = owners(life)
    return {
        Use(known[call.access_key], call.action, logical.get(call.table, call.table), call.keys)
        for call in life
        if call.access_key in known
    }


def about_mail(template: dict[str, Any], uses: set[Use]) -> list[str]:
    return [it for it in complaints(template, uses, unseen=NO_SIGN_IN) if it.startswith(DOERS)]


def test_each_letter_went_to_its_user(mail_stack: Stack, life: list[Call]) -> None:
    assert mail_stack.cloud.recorder.mail
    taken = mail_stack.cloud.recorder.mail.taken
    subjects = [letter["Content"]["Simple"]["Subject"]["Data"] for letter in taken[:6]]
    changed = "The email of your account is changed"
    assert subjects == [
        "Welcome",
        "Confirm your email",
        changed,
        changed,
        "Your account is deleted",
        "A webhook is disabled",
    ]


def test_nothing_was_refused(life: list[Call]) -> None:
    assert [call for call in life if call.refused] == []


def test_mail_does_what_its_role_grants_and_nothing_else(recorded: set[Use]) -> None:
    assert about_mail(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_MAIL, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_mail(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize("use", ["ses:SendEmail", "dynamodb:PutItem", "dynamodb:DeleteItem", "sqs:SendMessage"])
def test_an_action_that_nothing_used_is_named(recorded: set[Use], use: str) -> None:
    fewer = {each for each in recorded if each.action != use}
    assert [it for it in about_mail(TEMPLATE, fewer) if it.endswith("which nothing used")]


LETTER = {"FromEmailAddress": SENDER}
OWN = "its own"  # stands for the configuration set of the stack


@pytest.mark.parametrize(
    ("letter", "may"),
    [
        ({**LETTER, "ConfigurationSetName": OWN}, True),
        ({"FromEmailAddress": "other@example.com", "ConfigurationSetName": OWN}, False),
        ({"FromEmailAddress": "users@example.org", "ConfigurationSetName": OWN}, False),
        ({**LETTER, "ConfigurationSetName": "other"}, False),
    ],
    ids=["its own", "another sender", "another identity", "another configuration set"],
)
def test_the_role_sends_from_its_sender_and_from_no_other(mail_stack: Stack, letter: dict[str, Any], may: bool) -> None:
    if letter["ConfigurationSetName"] == OWN:
        letter = {**letter, "ConfigurationSetName": mail_stack.resources()["MailConfiguration"]}
    assert allowed(policies(mail_stack), letter) == may


def test_without_the_action_a_letter_is_refused_and_named(mail_stack: Stack, life: list[Call]) -> None:
    """The role in the account loses the action."""
    recorder, iam, role = mail_stack.cloud.recorder, mail_stack.cloud.client("iam"), role_name(mail_stack, SEND_MAIL)
    document = iam.get_role_policy(RoleName=role, PolicyName="this-function")["PolicyDocument"]
    rest = [each for each in document["Statement"] if each["Action"] != ["ses:SendEmail"]]
    assert rest != document["Statement"]
    mark = len(recorder.calls)

    def put(statements: list[Any]) -> None:
        policy = json.dumps({**document, "Statement": statements})
        iam.put_role_policy(RoleName=role, PolicyName="this-function", PolicyDocument=policy)

    put(rest)
    try:
        create(mail_stack)
        until(lambda: any(call.refused for call in recorder.since(mark)), "a refusal")
    finally:
        put(document["Statement"])
    assert {call.action for call in recorder.since(mark) if call.refused} == {"ses:SendEmail"}


def test_a_report_on_mail_of_another_configuration_set_is_not_taken(mail_stack: Stack) -> None:
    told = {"mail": {"tags": {"ses:configuration-set": ["another"]}}}
    assert not taken_by_the_rule(
        mail_stack, {"source": "aws.ses", "detail-type": "Email Sent", "time": "", "detail": told}
    )

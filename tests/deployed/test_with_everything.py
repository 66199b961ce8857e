"""A stack with every capability, with IAM enforced: one change has all its consequences, and nothing is refused.

The stacks with one capability each say what its roles may do. What several together grant besides is shown here. With
sign-in, all handlers may read whether an administrator is still one, and live updates end the connections of a person.
An erasure reaches the places of every capability.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from erasing.registry import EMPTIED
from tests.deployed import scenario
from tests.deployed import test_with_events as events
from tests.deployed import test_with_live_updates as live
from tests.deployed import test_with_mail as mail
from tests.deployed import test_with_pictures as pictures
from tests.deployed import test_with_search as search
from tests.deployed import test_with_webhooks as webhooks
from tests.deployed.cloud import Cloud
from tests.deployed.judge import NEVER, SIGN_IN, Use, complaints, covers, seen, without
from tests.deployed.mail_service import MailService
from tests.deployed.people import token
from tests.deployed.person import Person
from tests.deployed.recorder import Call
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.deployed.test_with_sign_in import ERASE
from tests.support.events import event
from tests.support.pictures import picture
from tests.support.receiver import Receiver
from tests.support.uploads import upload
from tools.roles import Grant, grants
from tools.statements import Template

OF_ONE = (events, live, mail, pictures, search, webhooks)
MORE = ("UsersTableName=UsersWithEverything", "SignIn=true", "Bulk=true", "ExportFiles=2")
PARAMETERS = sorted({it for one in OF_ONE for it in one.PARAMETERS if not it.startswith("UsersTableName")} | {*MORE})
VERSIONS = [1, 2, 3]
ADMIN = "an-admin"
BESIDES = [
    grant
    for grant in seen(grants(TEMPLATE), NEVER)
    if f", {SIGN_IN}" in grant.when or grant.when.startswith(f"{SIGN_IN}, if ")
]
WITH_SIGN_IN = [grant for grant in BESIDES if "LeadingKeys subject#" in grant.when]  # of every handler
OF_PERSONS = [grant for grant in BESIDES if grant not in WITH_SIGN_IN]  # of live updates, and of erasures
UNKNOWN = {name: str(uuid.uuid4()) for name in ("userId", "webhookId", "deliveryId", "importId", "exportId")}


class SignedIn(Stack):
    """A stack whose API is asked by an administrator."""

    def invoke(self, function: str, event: dict[str, Any], latest: bool = False) -> dict[str, Any]:
        claims = token(ADMIN, "users/admin", admin=True)
        context = {**event["requestContext"], "authorizer": {"claims": claims}}
        return super().invoke(function, {**event, "requestContext": context}, latest)


@pytest.fixture(scope="module")
def whole_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    project = pictures.without_layer(Path(tmp_path_factory.mktemp("everything"), "api"))
    deployed = SignedIn(cloud, project, name="users-everything")
    live.leave_out_route_response(project / "template.yaml")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    live.lead_to_the_account(deployed)
    live.lead_to_the_account(deployed, ERASE)
    pictures.take_without_tls(deployed)
    mail.verify_sender(cloud)
    cloud.recorder.mail = MailService(cloud.endpoint, lambda: mail.policies(deployed))
    enrol(deployed)
    yield deployed
    cloud.recorder.mail = None


def enrol(stack: Stack) -> None:
    """Make the administrator somebody with a record."""
    item = scenario.strings({"key": f"subject#{ADMIN}", "userId": UNKNOWN["userId"]})
    stack.cloud.client("dynamodb").put_item(TableName=stack.resources()["UserKeysTable"], Item=item)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


class Life:
    """One user that gets a picture, is renamed and deleted, and what it has led to."""

    def __init__(self, stack: Stack, receiver: Receiver) -> None:
        self.stack, self.receiver = stack, receiver
        self.mark = len(stack.cloud.recorder.calls)
        created = webhooks.Life(stack, receiver).call("CreateWebhookFunction", "POST", {"url": receiver.url})
        self.secret = str(created["secret"])
        avatar = pictures.Life(stack)
        self.user = avatar.user
        webhooks.until(lambda: self.letters() == ["Welcome"])
        assert upload(avatar.form(), picture()) == 204
        webhooks.until(lambda: bool(avatar.shown()))
        self.do("UpdateUserFunction", "PUT", {"name": "Ada King"})
        self.do("DeleteUserFunction", "DELETE")
        webhooks.until(lambda: len(events.trail(stack, self.user)) == len(VERSIONS))
        webhooks.until(lambda: len(receiver.got) >= len(VERSIONS))
        webhooks.until(lambda: len(self.letters()) >= 2)
        webhooks.until(lambda: len(self.logged()) >= len(VERSIONS))
        webhooks.until(lambda: avatar.objects() == [])

    def do(self, function: str, method: str, body: Any = None) -> None:
        answer = self.stack.invoke(function, event(method, f"/users/{self.user}", body))
        assert answer["statusCode"] == 200, answer

    def letters(self) -> list[str]:
        """The subjects of the letters that SES took."""
        service = self.stack.cloud.recorder.mail
        assert service
        return [letter["Content"]["Simple"]["Subject"]["Data"] for letter in service.taken]

    def logged(self) -> list[dict[str, Any]]:
        """The messages in the log of live updates."""
        items = self.stack.cloud.client("dynamodb").scan(TableName=self.stack.resources()["LiveTable"])["Items"]
        return [json.loads(item["message"]["S"]) for item in items if "message" in item]

    @property
    def calls(self) -> list[Call]:
        return self.stack.cloud.recorder.since(self.mark)


@pytest.fixture(scope="module")
def life(whole_stack: Stack, receiver: Receiver) -> Life:
    return Life(whole_stack, receiver)


def test_the_trail_has_each_change(life: Life) -> None:
    assert [int(entry["userVersion"]["N"]) for entry in events.trail(life.stack, life.user)] == VERSIONS


def test_each_letter_went_out_once(life: Life) -> None:
    assert life.letters() == ["Welcome", "Your account is deleted"]


def test_each_change_is_delivered_and_logged_under_one_id(life: Life) -> None:
    got = [Webhook(life.secret).verify(body, headers)["data"] for headers, body in life.receiver.got]
    delivered, logged = ({(it["id"], it["userVersion"]) for it in found} for found in (got, life.logged()))
    assert delivered == logged
    assert sorted(version for _, version in delivered) == VERSIONS


def test_nothing_was_refused(life: Life) -> None:
    assert [call for call in life.calls if call.refused] == []


def test_no_message_was_set_aside(life: Life) -> None:
    sqs = life.stack.cloud.client("sqs")
    queues = {name: url for name, url in life.stack.resources().items() if name.endswith("DeadLetters")}
    assert queues
    assert [name for name, url in queues.items() if sqs.receive_message(QueueUrl=url).get("Messages")] == []


@pytest.fixture(scope="module")
def people_read(whole_stack: Stack, life: Life) -> dict[str, set[Use]]:
    """What each handler did with items of people. What it is asked for is not there, which it learns later."""
    found = {}
    for function in sorted({grant.function for grant in WITH_SIGN_IN}):
        mark = len(whole_stack.cloud.recorder.calls)
        answer = whole_stack.invoke(function, {**event("POST", "/users", {}), "pathParameters": UNKNOWN})
        assert answer["statusCode"] in (200, 201, 400, 404), (function, answer)
        found[function] = {
            Use(function, call.action, "UserKeysTable", call.keys)
            for call in whole_stack.cloud.recorder.since(mark)
            if call.keys == {f"subject#{ADMIN}"}
        }
    return found


def spare(granted: list[Grant], done: set[Use]) -> list[Grant]:
    """Grants that nothing used."""
    return [grant for grant in granted if not any(covers(grant, use) for use in done)]


def test_with_sign_in_each_handler_reads_whether_its_caller_may_still_act(people_read: dict[str, set[Use]]) -> None:
    done = set().union(*people_read.values())
    assert {use.action for use in done} == {"dynamodb:GetItem"}
    assert len(done) == len(people_read) >= 19
    assert spare(WITH_SIGN_IN, done) == []


@pytest.mark.parametrize("grant", WITH_SIGN_IN, ids=named)
def test_what_is_granted_with_sign_in_is_used_and_needed(people_read: dict[str, set[Use]], grant: Grant) -> None:
    done = people_read[grant.function]
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    said = [it for it in complaints(without(TEMPLATE, grant), done, unseen=NEVER) if " lacks " in it]
    assert missing in said
    assert spare([grant], {use for each in people_read.values() for use in each} - done) == [grant]


@pytest.fixture(scope="module")
def person(life: Life) -> Person:
    return Person(life.stack)


def test_a_person_is_erased_from_every_place_and_nothing_is_refused(person: Person) -> None:
    assert person.receipt["verified"]
    erased = {each["place"]: each["erased"] for each in person.receipt["places"]}
    assert sorted(erased) == sorted(EMPTIED)
    assert all(erased.values()), erased
    assert [call for call in person.calls if call.refused] == []


@pytest.fixture(scope="module")
def done(person: Person) -> set[Use]:
    return person.uses()


def lacking(granted: Template, done: set[Use]) -> list[str]:
    return [it for it in complaints(granted, done, unseen=NEVER) if " lacks " in it]


def test_live_updates_and_erasures_do_what_they_are_granted_with_other_capabilities(done: set[Use]) -> None:
    assert lacking(TEMPLATE, done) == []
    assert spare(OF_PERSONS, done) == []


@pytest.mark.parametrize("grant", OF_PERSONS, ids=named)
def test_each_of_these_grants_is_used_and_needed(done: set[Use], grant: Grant) -> None:
    assert lacking(without(TEMPLATE, grant), done) == [f"{grant.function} lacks {grant.action} on {grant.resource}"]
    assert spare([grant], {use for use in done if not covers(grant, use)}) == [grant]

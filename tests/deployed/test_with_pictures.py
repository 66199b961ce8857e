"""A stack with pictures, with IAM enforced: a picture's life, and no role may do more than it did."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
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
from tests.support.pictures import picture
from tests.support.project import copied
from tests.support.server import ROOT
from tests.support.uploads import upload
from tools.roles import Grant, grants
from tools.statements import Template

PATIENCE = 60.0
PARAMETERS = ("Events=true", "Pictures=true", "EventArchiveDays=0", "UsersTableName=UsersWithPictures")
FUNCTIONS = tuple(
    f"{name}Function"
    for name in ("CreateAvatarUpload", "GetAvatar", "DeleteAvatar", "ProcessPicture", "RemovePictures")
)
OF_PICTURES = [grant for grant in seen(grants(TEMPLATE), NO_SIGN_IN) if grant.function in FUNCTIONS]


@pytest.fixture(scope="module")
def pictures_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, without_layer(Path(tmp_path_factory.mktemp("pictures"), "api")), name="users-pictures")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    take_without_tls(deployed)
    return deployed


def without_layer(folder: Path) -> Path:
    """A copy of the project whose layer is empty: Pillow of this interpreter is on the path of ministack's functions,
    and that of Lambda is not for this interpreter.
    """
    project = copied(folder)
    (project / ".local" / "venv").symlink_to(ROOT / ".local" / "venv")
    layer = project / "layers" / "pillow"
    layer.mkdir(parents=True, exist_ok=True)
    (layer / "requirements.txt").write_text("# none\n")
    return project


def take_without_tls(stack: Stack) -> None:
    """The bucket refuses all but TLS, which the emulated AWS has not."""
    stack.cloud.client("s3").delete_bucket_policy(Bucket=stack.resources()["PicturesBucket"])


def ask(stack: Stack, function: str, method: str, user: str, body: Any = None) -> dict[str, Any]:
    sent = {**event(method, f"/users/{user}", body), "pathParameters": {"userId": user}}
    return stack.invoke(function, sent)


def until(look: Callable[[], Any]) -> Any:
    """What `look` finds, once it finds something."""
    last = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < last, "nothing came"
        time.sleep(0.2)
    return found


class Life:
    """A user that gets a picture, another one, deletes it, and goes with an upload under way."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.user = json.loads(create(stack)["body"])["userId"]
        self.keys: dict[str, str] = {}

    def form(self) -> dict[str, Any]:
        answer = ask(self.stack, "CreateAvatarUploadFunction", "POST", self.user, {"contentType": "image/jpeg"})
        form: dict[str, Any] = json.loads(answer["body"])
        self.keys[form["fields"]["x-amz-credential"].split("/")[0]] = "CreateAvatarUploadFunction"
        return form

    def shown(self) -> str:
        """The tag of the picture."""
        answer = ask(self.stack, "GetAvatarFunction", "GET", self.user)
        if answer["statusCode"] != 302:
            return ""
        location = answer["headers"]["Location"]
        self.keys[re.findall(r"Credential=(\w+)", location)[0]] = "GetAvatarFunction"
        with urllib.request.urlopen(location, timeout=10) as found:
            assert found.read(4) == b"RIFF"
        return str(answer["headers"]["ETag"])

    def objects(self) -> list[str]:
        found = self.stack.cloud.client("s3").list_objects_v2(Bucket=self.stack.resources()["PicturesBucket"])
        return [each["Key"] for each in found.get("Contents") or () if self.user in each["Key"]]

    def live(self) -> None:
        assert upload(self.form(), picture("red")) == 204
        first = until(self.shown)
        assert upload(self.form(), picture("blue")) == 204
        until(lambda: self.shown() != first)
        assert ask(self.stack, "DeleteAvatarFunction", "DELETE", self.user)["statusCode"] == 200
        until(lambda: not self.objects())
        assert upload(self.form(), picture("red")) == 204
        until(self.shown)
        late = self.form()
        left = f"uploads/{self.user}/never/processed"
        self.stack.cloud.client("s3").put_object(Bucket=self.stack.resources()["PicturesBucket"], Key=left, Body=b"x")
        assert self.stack.invoke("DeleteUserFunction", event("DELETE", f"/users/{self.user}"))["statusCode"] == 200
        until(lambda: not self.objects())
        assert upload(late, picture("red")) == 204
        until(lambda: not self.objects())


@pytest.fixture(scope="module")
def life(pictures_stack: Stack) -> tuple[Life, list[Call]]:
    """A life, and all calls that were made meanwhile."""
    mark = len(pictures_stack.cloud.recorder.calls)
    lived = Life(pictures_stack)
    lived.live()
    repeat(pictures_stack)
    set_aside(pictures_stack)
    return lived, pictures_stack.cloud.recorder.since(mark)


def repeat(stack: Stack) -> None:
    """Send the event of an upload that is done, and wait until it is handled."""
    names, key = stack.resources(), "uploads/00000000-0000-4000-8000-000000000000/1-a"
    body = {
        "id": "1",
        "time": "2026-11-26T12:00:00Z",
        "detail-type": "Object Created",
        "detail": {"object": {"key": key}},
    }
    mark = len(stack.cloud.recorder.calls)
    stack.cloud.client("sqs").send_message(QueueUrl=names["ProcessPictureQueue"], MessageBody=json.dumps(body))
    until(lambda: any(call.action == "s3:ListBucket" for call in stack.cloud.recorder.since(mark)))


def set_aside(stack: Stack) -> None:
    """Have both consumers set a message aside that is no event."""
    sqs, names = stack.cloud.client("sqs"), stack.resources()
    for name in ("ProcessPicture", "RemovePictures"):
        sqs.send_message(QueueUrl=names[f"{name}Queue"], MessageBody="no event")
        until(partial(received, sqs, names[f"{name}DeadLetters"]))


def received(sqs: Any, url: str) -> Any:
    return sqs.receive_message(QueueUrl=url).get("Messages")


def test_a_picture_goes_with_its_user(life: tuple[Life, list[Call]]) -> None:
    assert life[0].objects() == []


def test_nothing_was_refused(life: tuple[Life, list[Call]]) -> None:
    assert [call for call in life[1] if call.refused] == []


def test_the_bucket_is_closed_to_all_without_credentials(pictures_stack: Stack, life: tuple[Life, list[Call]]) -> None:
    bucket = pictures_stack.resources()["PicturesBucket"]
    pictures_stack.cloud.client("s3").put_object(Bucket=bucket, Key="pictures/a", Body=b"x")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{pictures_stack.cloud.endpoint}/{bucket}/pictures/a", timeout=10)


@pytest.fixture(scope="module")
def recorded(pictures_stack: Stack, life: tuple[Life, list[Call]]) -> set[Use]:
    """What the functions did, in the names of the template."""
    logical = {name: key for key, name in pictures_stack.resources().items()}
    logical |= {name.rpartition("/")[2]: key for name, key in logical.items() if "://" in name}
    calls = [(call, in_template(call.table, logical)) for call in life[1]]
    owners = dict(life[0].keys)
    for call, resource in calls:
        doer = {
            ("dynamodb:ConditionCheckItem", "UsersTable"): "ProcessPictureFunction",
            ("dynamodb:DeleteItem", "PicturesTable"): "RemovePicturesFunction",
        }.get((call.action, resource))
        if doer:
            owners[call.access_key] = doer
    for call, resource in calls:
        if (call.action, resource) == ("dynamodb:PutItem", "PicturesTable"):
            owners.setdefault(call.access_key, "DeleteAvatarFunction")
    return {
        Use(owners[call.access_key], call.action, name, call.keys) for call, name in calls if call.access_key in owners
    }


def in_template(resource: str, logical: dict[str, str]) -> str:
    """A table, a queue, a bucket or its objects, by the logical id."""
    name, slash, rest = resource.partition("/")
    return f"{logical.get(name, name)}{slash}{rest}"


def about_pictures(template: Template, uses: set[Use]) -> list[str]:
    return [it for it in complaints(template, uses, unseen=NO_SIGN_IN) if it.startswith(FUNCTIONS)]


def test_the_functions_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_pictures(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_PICTURES, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_pictures(without(TEMPLATE, grant), recorded) == [missing]


@pytest.mark.parametrize("use", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "sqs:SendMessage"])
def test_an_action_that_nothing_used_is_named(recorded: set[Use], use: str) -> None:
    fewer = {each for each in recorded if each.action != use}
    assert [it for it in about_pictures(TEMPLATE, fewer) if it.endswith("which nothing used")]

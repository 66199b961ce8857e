"""schemathesis attacks the running API with what openapi.yaml says, and holds the answers to it.

Every check it has is on: no server error; only documented statuses, content types, headers and bodies; what breaks the
schema is refused and what keeps it is taken; methods that are not offered are refused, with Allow; no answer without
the key; what is deleted is gone. Where one is off for a reason, CONFIGURATION says it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from local.template.transform import ROOT
from tests.api.client import person, send
from tests.support.forwarder import Answer, Forwarder, Request
from tests.support.server import Server
from tests.support.sign_in import SignIn
from tests.template.stack import contract

pytestmark = pytest.mark.slow

CONFIGURATION = """
hooks = "tests.api.schema_hooks"
continue-on-failure = true
request-timeout = 30

[checks.positive_data_acceptance]
# what keeps the schema is still refused beside what is there: another email, another version, another request
expected-statuses = ["2xx", 304, 404, 409, 412, 422]

[[operations]]
include-operation-id = "listUsers"
# no schema can describe a signed cursor, so all that are made up are refused
checks.positive_data_acceptance.expected-statuses = ["2xx", 400]

[[operations]]
include-operation-id = ["showEmailVerification", "confirmEmail"]
# nor a link that was sent; the page for people says so with 410
checks.positive_data_acceptance.expected-statuses = ["2xx", 410]
checks.negative_data_rejection.expected-statuses = ["4xx"]

[[operations]]
include-operation-id = "listAudit"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404]

[[operations]]
include-operation-id = ["listWebhooks", "listDeliveries"]
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404]

[[operations]]
include-operation-id = "updateWebhook"
# the version is checked before a field of the server is compared
checks.negative_data_rejection.expected-statuses = ["4xx"]

[[operations]]
include-operation-id = ["updateMe", "patchMe"]
# the email is the one that the person signs in with
checks.positive_data_acceptance.expected-statuses = ["2xx", 403, 412]
checks.negative_data_rejection.expected-statuses = ["4xx"]

[[operations]]
include-operation-id = ["getAvatar", "deleteAvatar"]
# a user that was just created has no avatar yet
checks.ensure_resource_availability.enabled = false
"""
ONE_USER = """
[parameters]
"path.userId" = "{user_id}"
"""


@pytest.fixture(scope="module")
def keyed() -> Iterator[tuple[str, str]]:
    """The URL of an API that asks for a key, and the key."""
    with Server("ApiKeyRequired=true DailyQuota=100000000") as server:
        key = re.search(r"API key\s+(\S+)", server.output)
        assert key, server.output
        yield server.url, key[1]


def attack(
    folder: Path, api: tuple[str, str], *options: str, definition: Any = None, settings: str = ""
) -> tuple[int, str]:
    """Run schemathesis from a folder of its own; its exit status and report."""
    url, key = api
    (folder / "openapi.json").write_text(json.dumps(definition or contract()))
    (folder / "schemathesis.toml").write_text(settings + CONFIGURATION)
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        *("--config-file", "schemathesis.toml", "run", "openapi.json", "--url", url, "--header", f"x-api-key: {key}"),
        *("--warnings", "off", *options),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1500)
    return done.returncode, done.stdout + done.stderr


ME = ("getMe", "updateMe", "patchMe")  # deleteMe would leave nobody for the others
OF_ADMINISTRATORS = (
    *("getManagedUser", "disableUser", "enableUser", "setRoles", "signOutUser", "getStatistics"),
    *("eraseUser", "getErasure"),
)
# where sign-in is off
WITHOUT_SIGN_IN = [part for name in (*ME, "deleteMe", *OF_ADMINISTRATORS) for part in ("--exclude-operation-id", name)]


def passed(report: str) -> int:
    """How many requests were made, all of which passed."""
    found = re.search(r"(\d+) generated, (\d+) passed", report)
    assert found, report
    return int(found[2])


def test_the_api_is_what_its_definition_says(tmp_path, keyed):
    status, report = attack(
        tmp_path, keyed, *WITHOUT_SIGN_IN, "--phases", "examples,coverage,stateful", "-n", "5", "--seed", "1"
    )
    assert status == 0, report
    assert passed(report) > 300


def test_a_user_who_is_there_is_what_the_definition_says(tmp_path, keyed):
    """Made-up ids mostly lead nowhere; here they lead to somebody."""
    status, report = attack(tmp_path, keyed, *on_one_user("coverage", "10", "1"), settings=settings_of_one_user(keyed))
    assert status == 0, report
    assert passed(report) > 100


def test_a_persons_own_user_is_what_the_definition_says(tmp_path):
    with Server("SignIn=true ApiKeyRequired=false") as server:
        sign_in = SignIn(server.dynamodb_endpoint, server.client)
        sign_in.add("mary@example.com")
        token = ["--header", f"Authorization: Bearer {sign_in.person('mary@example.com')}"]
        options = [*token, "--phases", "examples,coverage,fuzzing", "-n", "5", "--seed", "1"]
        status, report = attack(tmp_path, (server.url, "any"), *only(*ME), *options)
        assert status == 0, report
        assert passed(report) > 50
        status, report = attack(tmp_path, (server.url, "any"), *only("deleteMe"), *options)
        assert status == 0, report


def test_what_administrators_do_is_what_the_definition_says(tmp_path):
    """To somebody else: no administrator can disable themselves."""
    with Server("SignIn=true ApiKeyRequired=false") as server:
        sign_in = SignIn(server.dynamodb_endpoint, server.client)
        sign_in.add("admin@example.com", "admins")
        bearer = {"Authorization": f"Bearer {sign_in.person('admin@example.com', 'users/admin')}"}
        user = send(server.url, "POST", "/users", person(), bearer).json
        options = ["--header", f"Authorization: {bearer['Authorization']}", "--phases", "examples,coverage,fuzzing"]
        status, report = attack(
            tmp_path,
            (server.url, "any"),
            *only(*OF_ADMINISTRATORS),
            *options,
            *("-n", "5", "--seed", "1"),
            settings=ONE_USER.format(user_id=user["userId"]),
        )
    assert status == 0, report
    assert passed(report) > 100


def only(*operations: str) -> list[str]:
    return [part for name in operations for part in ("--include-operation-id", name)]


def on_one_user(phases: str, examples: str, seed: str) -> list[str]:
    return [*only("getUser", "updateUser", "patchUser"), "--phases", phases, "-n", examples, "--seed", seed]


def settings_of_one_user(api: tuple[str, str]) -> str:
    url, key = api
    user = send(url, "POST", "/users", person(age=30), {"X-Api-Key": key}).json
    return ONE_USER.format(user_id=user["userId"])


@pytest.mark.deep
def test_every_parameter_of_a_search_is_tried_and_taken(tmp_path, keyed):
    """Alone or with others: a contract whose parameters are all refused would tell nothing about them."""
    url, key = keyed
    with Recorder(url) as recorder:
        options = ["--phases", "examples,coverage", "-n", "5", "--seed", "1"]
        attack(tmp_path, (recorder.url, key), *only("listUsers"), *options)  # its report: the tests above
    named = [each["$ref"].rpartition("/")[2] for each in contract()["paths"]["/users"]["get"]["parameters"]]
    wanted = {contract()["components"]["parameters"][name]["name"] for name in named} - {"lastKey"}  # see above
    assert wanted - recorder.taken == set()
    assert wanted - recorder.refused == set()


@dataclass
class Recorder(Forwarder):
    """Passes requests on, and remembers the query parameters of those that were taken, and of those refused."""

    taken: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def see(self, request: Request, answer: Answer) -> None:
        """Remember the parameters of a request."""
        names = set(parse_qs(urlsplit(request.path).query, keep_blank_values=True))
        if answer.status in (200, 400):
            (self.taken if answer.status == 200 else self.refused).update(names)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", ["2", "3", "4"])
def test_the_api_is_what_its_definition_says_at_length(tmp_path, keyed, seed):
    status, report = attack(tmp_path, keyed, *WITHOUT_SIGN_IN, "-n", "400", "--seed", seed)
    assert status == 0, report
    made = passed(report)
    status, report = attack(
        tmp_path, keyed, *on_one_user("coverage,fuzzing", "400", seed), settings=settings_of_one_user(keyed)
    )
    assert status == 0, report
    print(f"schema: {made + passed(report)} requests made from openapi.yaml, seed {seed}, 0 answered otherwise")


# What schemathesis calls the failure of each check.
SPOILT = {
    "ST103": "status_code_conformance",
    "ST105": "content_type_conformance",
    "ST107": "response_headers_conformance",
    "ST108": "response_schema_conformance",
    "ST201": "negative_data_rejection",
    "ST202": "positive_data_acceptance",
    "ST204": "unsupported_method",
    "ST401": "ignored_auth",
}


def spoilt() -> Any:
    """A definition that promises something else than the API keeps, once for each check of SPOILT but the last."""
    definition = contract()
    users, user = definition["paths"]["/users"], definition["paths"]["/users/{userId}"]
    schemas, parameters = definition["components"]["schemas"], definition["components"]["parameters"]
    del user["delete"]["responses"]["404"]
    created = users["post"]["responses"]["201"]
    created["content"] = {"text/csv": {}}
    created["headers"]["X-Promised"] = {"required": True, "schema": {"type": "string"}}
    schemas["UserPage"]["properties"]["count"] = {"type": "string"}
    parameters["Limit"]["schema"]["maximum"] = 10
    schemas["NewUser"]["properties"]["age"]["maximum"] = 1500
    del user["patch"]
    return definition


def test_a_definition_that_is_wrong_is_noticed(tmp_path):
    with Server() as open_to_all:
        api = (open_to_all.url, "any")
        options = [*only("listUsers", "createUser", "deleteUser"), "--phases", "examples,coverage", "--seed", "1"]
        status, report = attack(tmp_path, api, *options, definition=spoilt())
    assert status == 1, report
    assert {code for code in SPOILT if f"- {code} " not in report} == set(), report

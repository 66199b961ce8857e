"""A stack with imports and exports, with IAM enforced: users in and out, and no role may do more than it did.

Step Functions and the rule run inside the emulated AWS, so what their roles grant is not seen here.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.cloud import Cloud
from tests.deployed.judge import NO_SIGN_IN, Use, complaints, seen, without
from tests.deployed.recorder import Call
from tests.deployed.stack import Stack
from tests.deployed.test_iam import TEMPLATE, named
from tests.deployed.test_with_pictures import in_template
from tests.support.events import event
from tests.support.project import copied
from tests.support.uploads import upload
from tools.roles import Grant, grants

PATIENCE = 90.0
PARAMETERS = ("Events=true", "Bulk=true", "EventArchiveDays=0", "UsersTableName=UsersInBulk", "ExportFiles=2")
HANDLERS = ("CreateImport", "GetImport", "CreateExport", "GetExport")
STEPS = ("SplitImport", "ImportRows", "FinishImport", "ExportUsers", "FinishExport")
FUNCTIONS = tuple(f"{name}Function" for name in (*HANDLERS, *STEPS))
OF_BULK = [grant for grant in seen(grants(TEMPLATE), NO_SIGN_IN) if grant.function in FUNCTIONS]
KEPT = {"userId": "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f"}


@pytest.fixture(scope="module")
def bulk_stack(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("bulk"), "api")), name="users-bulk")
    done = deployed.script("deploy.sh", "--yes", "--", "--parameter-overrides", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    # It refuses all but TLS, which the emulated AWS has not.
    cloud.client("s3").delete_bucket_policy(Bucket=deployed.resources()["BulkBucket"])
    return deployed


class Work:
    """Imports and exports, and the access keys in the forms and URLs that the functions signed."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.keys: dict[str, str] = {}

    def ask(self, name: str, method: str, path: str, body: Any = None, **parameters: str) -> dict[str, Any]:
        sent = {**event(method, path, body), "pathParameters": parameters}
        answer = self.stack.invoke(f"{name}Function", sent)
        assert answer["statusCode"] in (200, 201), answer
        for key in re.findall(r"(?:Credential=|x-amz-credential\":\")(\w+)", answer["body"]):
            self.keys[key] = f"{name}Function"
        return dict(json.loads(answer["body"]))

    def ended(self, name: str, path: str, **parameters: str) -> dict[str, Any]:
        last = time.monotonic() + PATIENCE
        while (found := self.ask(name, "GET", path, **parameters))["status"] != "completed":
            assert found["status"] != "failed", found
            assert time.monotonic() < last, found
            time.sleep(0.5)
        return found

    def imported(self, content: bytes, **members: Any) -> dict[str, Any]:
        made = self.ask("CreateImport", "POST", "/admin/imports", {"format": "ndjson", **members})
        assert upload(made["upload"], content) == 204
        found = self.ended("GetImport", f"/admin/imports/{made['importId']}", importId=made["importId"])
        with urllib.request.urlopen(found["results"]["url"], timeout=10) as results:
            gzip.decompress(results.read())
        return found

    def exported(self) -> list[Any]:
        made = self.ask("CreateExport", "POST", "/admin/exports", {"format": "ndjson"})
        found = self.ended("GetExport", f"/admin/exports/{made['exportId']}", exportId=made["exportId"])
        lines = []
        for file in found["files"]:
            with urllib.request.urlopen(file["url"], timeout=10) as content:
                lines += gzip.decompress(content.read()).splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def work(bulk_stack: Stack) -> tuple[Work, list[Call]]:
    """What is in the table after an import, a dry run and an import that is refused, and all calls meanwhile."""
    mark = len(bulk_stack.cloud.recorder.calls)
    done = Work(bulk_stack)
    rows = [{"name": "A", "email": "a@bulk.example.com", **KEPT}, {"name": "B", "email": "b@bulk.example.com"}]
    content = "\n".join(map(json.dumps, rows)).encode()
    assert done.imported(content, keepIds=True)["rows"]["created"] == 2
    assert done.imported(content.replace(b"@bulk", b"@dry"), keepIds=True, dryRun=True)["rows"]["rejected"] == 1
    made = done.ask("CreateImport", "POST", "/admin/imports", {"format": "csv"})
    assert upload(made["upload"], b"\0") == 204
    last = time.monotonic() + PATIENCE
    path = f"/admin/imports/{made['importId']}"
    while done.ask("GetImport", "GET", path, importId=made["importId"])["status"] != "failed":
        assert time.monotonic() < last
        time.sleep(0.5)
    assert {user["email"] for user in done.exported()} == {row["email"] for row in rows}
    time.sleep(1)  # the upload that was refused is deleted after its import says so
    return done, bulk_stack.cloud.recorder.since(mark)


def test_nothing_was_refused(work: tuple[Work, list[Call]]) -> None:
    assert [call for call in work[1] if call.refused] == []


# One action of each step that no other function does.
DOERS = {
    ("s3:PutObject", "BulkBucket/parts/*"): "SplitImportFunction",
    ("s3:GetObject", "BulkBucket/parts/*"): "ImportRowsFunction",
    ("s3:DeleteObject", "BulkBucket/parts/*"): "FinishImportFunction",
    ("dynamodb:Scan", "UsersTable"): "ExportUsersFunction",
    ("states:StartExecution", "ExportMachine"): "CreateExportFunction",
}


@pytest.fixture(scope="module")
def recorded(bulk_stack: Stack, work: tuple[Work, list[Call]]) -> set[Use]:
    """What the functions did, in the names of the template."""
    logical = {name: key for key, name in bulk_stack.resources().items()}
    calls = [(call, in_template(call.table, logical)) for call in work[1]]
    owners = dict(work[0].keys)
    for call, resource in calls:
        if doer := DOERS.get((call.action, resource)):
            owners[call.access_key] = doer
    for call, resource in calls:
        if (call.action, resource) == ("s3:PutObject", "BulkBucket/exports/*"):
            owners.setdefault(call.access_key, "FinishExportFunction")
    return {
        Use(owners[call.access_key], call.action, name, call.keys) for call, name in calls if call.access_key in owners
    }


def about_bulk(template: dict[str, Any], uses: set[Use]) -> list[str]:
    return [it for it in complaints(template, uses, unseen=NO_SIGN_IN) if it.startswith(FUNCTIONS)]


def test_the_functions_do_what_their_roles_grant_and_nothing_else(recorded: set[Use]) -> None:
    assert about_bulk(TEMPLATE, recorded) == []


@pytest.mark.parametrize("grant", OF_BULK, ids=named)
def test_an_action_less_is_named(recorded: set[Use], grant: Grant) -> None:
    missing = f"{grant.function} lacks {grant.action} on {grant.resource}"
    assert about_bulk(without(TEMPLATE, grant), recorded) == [missing]

"""deploy.sh --console onto an emulated AWS: the files with their headers, once and again, and cleanup.sh.

The emulator keeps the distribution as it is written, and serves nothing by it. What the behaviours do is shown in
tests/local/test_console_on_aws.py, and who may read the bucket in tests/template/test_console.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.cloud import REGION, Cloud
from tests.deployed.stack import Stack
from tests.support.project import copied, run
from tests.support.server import ROOT
from tools.pages import CACHE, UPLOADED

NAME = "users-pages"
PARAMETERS = ("--", "--parameter-overrides", "SignIn=true", "EventArchiveDays=0", "UsersTableName=UsersWithPages")
PAGES = {"console", "console/", "console/index.html", "docs", "docs/", "docs/oauth2-redirect.html"}
# Before the AWS CLI in the path: it fails for one command, as often as a file says.
BROKEN = """#!/bin/sh
case "$*" in *"$BREAKS"*) echo "the network is gone" >&2; exit 255 ;; esac
exec "$REAL" "$@"
"""


@pytest.fixture(scope="module")
def shown(cloud: Cloud, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack with sign-in, and its pages. It comes after `stack`, which is the first of its account."""
    project = copied(Path(tmp_path_factory.mktemp("pages"), "api"))
    (project / ".local" / "venv").symlink_to(ROOT / ".local" / "venv")
    deployed = Stack(cloud, project, name=NAME)
    done = deployed.script("deploy.sh", "--yes", "--console", *PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    deployed.said = done.stdout
    return deployed


def outputs(stack: Stack) -> dict[str, str]:
    (found,) = stack.cloud.client("cloudformation").describe_stacks(StackName=f"{NAME}-console")["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def keys(stack: Stack) -> set[str]:
    found = stack.cloud.client("s3").list_objects_v2(Bucket=outputs(stack)["Bucket"])
    return {each["Key"] for each in found.get("Contents", [])}


def told(stack: Stack) -> list[Any]:
    """What CloudFront was told of."""
    distribution = outputs(stack)["DistributionId"]
    found = stack.cloud.client("cloudfront").list_invalidations(DistributionId=distribution)
    return list(found["InvalidationList"].get("Items") or [])


def upload(stack: Stack, *options: str, **settings: str) -> Any:
    """Upload the pages of this project again, as deploy.sh does."""
    found = outputs(stack)
    lines = (f"{logical}\ttype\t{physical}\n" for logical, physical in stack.resources().items())
    (stack.project / "resources").write_text("".join(lines))
    (stack.project / "again.sh").write_text(
        '#!/bin/sh\ncd "$(dirname "$0")" && exec .local/venv/bin/python -m tools.pages "$@" <resources\n'
    )
    (stack.project / "again.sh").chmod(0o755)
    path = f"{ROOT}/.local/sam/bin:/usr/bin:/bin"
    place = (found["Address"], REGION, found["Bucket"], found["DistributionId"])
    return run(stack.project, "again.sh", *place, *options, **{**stack.settings, "PATH": path, **settings})


def test_it_says_where_the_pages_are_and_what_the_sign_in_must_know(shown: Stack) -> None:
    address = outputs(shown)["Address"]
    assert address.startswith("https://")
    assert f"console   {address}/console\ndocs      {address}/docs\n" in shown.said
    back = f"SignInPages=http://localhost:8000/,{address}/console,{address}/docs/oauth2-redirect.html\n"
    assert back in shown.said
    assert told(shown) == []  # nobody has a copy of what was never there


def test_each_file_has_its_type_and_is_kept_until_a_change(shown: Stack) -> None:
    s3, bucket = shown.cloud.client("s3"), outputs(shown)["Bucket"]
    found = keys(shown)
    assert found > PAGES | {"openapi.json", "sign-in.json", "console/live.mjs", "docs/swagger-ui.css", UPLOADED}
    heads = {key: s3.head_object(Bucket=bucket, Key=key) for key in found - {UPLOADED}}
    assert {head["CacheControl"] for head in heads.values()} == {CACHE}
    types = {key: head["ContentType"] for key, head in heads.items()}
    assert {types[key] for key in PAGES} == {"text/html; charset=utf-8"}
    assert types["console/start.js"] == types["console/live.mjs"] == "text/javascript; charset=utf-8"
    assert (types["openapi.json"], types["console/icon.svg"]) == ("application/json", "image/svg+xml")


def test_the_contract_is_that_of_the_stack(shown: Stack) -> None:
    s3, bucket, there = shown.cloud.client("s3"), outputs(shown)["Bucket"], shown.resources()
    contract = json.load(s3.get_object(Bucket=bucket, Key="openapi.json")["Body"])
    assert contract["servers"][0]["url"] == outputs(shown)["Address"]
    assert "/admin/users/{userId}" in contract["paths"]  # as SignIn makes it
    assert "/webhooks" not in contract["paths"]
    flow = contract["components"]["securitySchemes"]["signIn"]["flows"]["authorizationCode"]
    assert flow["tokenUrl"] == shown.output("SignInUrl") + "/oauth2/token"
    facts = json.load(s3.get_object(Bucket=bucket, Key="sign-in.json")["Body"])
    assert facts == {"userPoolId": there["UserPool"], "clientIds": {"pages": there["PagesClient"]}}


def test_again_nothing_is_uploaded_and_a_dry_run_changes_nothing(shown: Stack) -> None:
    assert upload(shown).stdout == "pages     as they are\n"
    page = shown.project / "web" / "console" / "start.js"
    page.write_text(page.read_text() + "// new\n")
    done = shown.script("deploy.sh", "--yes", "--dry-run", "--console", *PARAMETERS)
    assert f"the stack {NAME}-console would be beside it" in done.stdout
    assert "would upload 1, would delete 0\n          would upload console/start.js\n" in done.stdout
    assert told(shown) == []


def test_a_change_is_uploaded_what_is_gone_is_deleted_and_cloudfront_is_told(shown: Stack, tmp_path: Path) -> None:
    (shown.project / "web" / "console" / "icon.svg").rename(tmp_path / "icon.svg")
    real = ROOT / ".local" / "sam" / "bin" / "aws"
    (tmp_path / "aws").write_text(BROKEN)
    (tmp_path / "aws").chmod(0o755)
    for breaks in ("create-invalidation", UPLOADED + " "):
        broken = {"PATH": f"{tmp_path}:/usr/bin:/bin", "REAL": str(real), "BREAKS": breaks}
        done = upload(shown, **broken)
        assert done.returncode == 1, breaks
        assert "the network is gone\npages: not everything is uploaded; run this again\n" in done.stderr
    assert "console/icon.svg" not in keys(shown)  # deleted, and CloudFront does not know
    assert told(shown) == []
    done = upload(shown)
    assert done.returncode == 0, done.stderr
    assert "upload console/start.js\n" in done.stdout
    assert [it["Status"] for it in told(shown)] == ["Completed"]
    assert upload(shown).stdout == "pages     as they are\n"
    assert len(told(shown)) == 1


def test_cleanup_empties_the_bucket_and_removes_both(shown: Stack) -> None:
    bucket = outputs(shown)["Bucket"]
    done = shown.script("cleanup.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"deletes  the stack {NAME}-console, with its files and its address\n" in done.stdout
    assert bucket not in [each["Name"] for each in shown.cloud.client("s3").list_buckets()["Buckets"]]
    assert not shown.cloud.client("cloudfront").list_distributions()["DistributionList"].get("Items")

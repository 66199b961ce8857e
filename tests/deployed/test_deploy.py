"""deploy.sh onto an AWS that enforces IAM: the first time, again, dry, and with changed code."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.deployed.front import Front
from tests.deployed.stack import NAME, Stack
from tests.support import newman
from tests.support.events import event

NEW = {"name": "Ada Lovelace", "email": "ada@example.com"}


def test_it_says_where_the_api_is_and_what_to_do_next(stack: Stack) -> None:
    endpoint, key = stack.output("ApiEndpoint"), stack.output("ApiKeyId")
    fetch = f"aws apigateway get-api-key --region us-east-1 --api-key {key} --include-value --query value --output text"
    assert stack.said.splitlines()[-3:] == [
        f"endpoint  {endpoint}",
        f"API key   {fetch}",
        f'try it    ./test-api.sh {endpoint} "$({fetch})"',
    ]


def test_the_key_is_fetched_as_it_says(stack: Stack) -> None:
    fetch = next(line for line in stack.said.splitlines() if line.startswith("API key")).removeprefix("API key").split()
    fetch[0] = str(stack.project / ".local/sam/bin/aws")
    done = subprocess.run(fetch, env=stack.settings, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == stack.api_key(), done.stderr


def test_it_lets_api_gateway_write_logs_where_nobody_has_yet(stack: Stack) -> None:
    said = (
        "API Gateway cannot write logs in us-east-1 yet."
        " The stack api-gateway-logs gives it a role, for all APIs in the region"
    )
    assert f"deploy.sh: {said}\n" in stack.said
    role = stack.cloud.client("apigateway").get_account()["cloudwatchRoleArn"]
    assert role.startswith("arn:aws:iam::000000000000:role/api-gateway-logs-GatewayLogRole-")


def test_nothing_to_change_is_success(stack: Stack) -> None:
    before = stack.resources()
    done = stack.script("deploy.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No changes to deploy" in done.stdout + done.stderr
    assert "api-gateway-logs" not in done.stdout
    assert "endpoint  " in done.stdout
    assert stack.resources() == before


def changesets(stack: Stack) -> list[str]:
    """The change sets that wait or failed."""
    answer = stack.cloud.client("cloudformation").list_change_sets(StackName=NAME)
    return [each["ChangeSetName"] for each in answer["Summaries"] if each["ExecutionStatus"] != "EXECUTE_COMPLETE"]


def test_a_dry_run_shows_the_change_and_makes_none(stack: Stack) -> None:
    before = stack.resources(), changesets(stack)
    done = stack.script("deploy.sh", "--dry-run", "--", "--parameter-overrides", "LogRetentionDays=7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Modify\s+CreateUserLogGroup", done.stdout), done.stdout
    assert (stack.resources(), changesets(stack)) == before


def test_a_dry_run_of_a_new_stack_leaves_no_stack(stack: Stack) -> None:
    done = stack.script("deploy.sh", "--dry-run", "--stack", "users-new")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Add\s+CreateUserFunction", done.stdout), done.stdout
    stacks = stack.cloud.client("cloudformation").list_stacks()["StackSummaries"]
    assert {each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"} == {
        NAME,
        "api-gateway-logs",
        "aws-sam-cli-managed-default",
    }


def proved(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """test-api.sh, run to its end."""
    command = [str(stack.project / "test-api.sh"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.needs("curl")
def test_the_api_proves_itself_through_the_front_end(stack: Stack, front: Front) -> None:
    done = proved(stack, front.url, stack.api_key())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.needs("curl")
def test_the_api_proves_itself_through_ministacks_own_gateway_but_for_preflight(stack: Stack) -> None:
    """Its import drops the headers of the mock, all that preflight is about, and the answer to a path that is off."""
    done = proved(stack, stack.gateway_url(), stack.api_key())
    failed = [line.split(":")[0] for line in done.stdout.splitlines() if line.startswith("FAIL")]
    off = [f"FAIL  {what}" for what in ("the audit trail stays, if events are on", "the health is ok, if it is on")]
    assert failed == ["FAIL  preflight works without a key", *off], done.stdout + done.stderr


@pytest.mark.parametrize("where", ["front end", "own gateway"])
def test_without_the_key_nothing_is_answered(stack: Stack, front: Front, where: str) -> None:
    done = proved(stack, front.url if where == "front end" else stack.gateway_url())
    assert done.returncode == 1
    assert "FAIL  create returns the user: expected 201" in done.stdout
    assert "got 403" in done.stdout


def test_the_functions_run_the_very_artifact(stack: Stack) -> None:
    built = (stack.project / ".aws-sam" / "build" / "functions.zip").read_bytes()
    client = stack.cloud.client("lambda")
    for name in stack.functions().values():
        location = client.get_function(FunctionName=name)["Code"]["Location"]
        with urllib.request.urlopen(location, timeout=10) as answer:
            assert answer.read() == built


def test_the_postman_collection_passes_through_the_front_end(stack: Stack, front: Front, tmp_path: Path) -> None:
    run = newman.run(front.url, tmp_path, stack.api_key())
    assert (run.exit_status, run.failed) == (0, set()), run.output
    assert {request for request, _ in run.passed} == set(
        newman.requests("Webhooks", "Avatar", "Bulk", "Search", *newman.SIGN_IN)
    )


# the rest changes the deployment: buckets, one of them retained, for the removal to deal with, and other code

BUCKETS = """
  ProofBucket:
    Type: AWS::S3::Bucket
    Properties: {VersioningConfiguration: {Status: Enabled}}

  KeptBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain

"""


def test_changed_code_and_resources_go_live(stack: Stack) -> None:
    code, template = stack.project / "src" / "handlers" / "delete_user.py", stack.project / "template.yaml"
    rewrite(code, '"message": "', '"message": "Changed: ')
    rewrite(template, "\nResources:\n", f"\nResources:\n{BUCKETS}")
    done = stack.script("deploy.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    user = json.loads(stack.invoke("CreateUserFunction", event("POST", "/users", NEW))["body"])
    answer = stack.invoke("DeleteUserFunction", event("DELETE", f"/users/{user['userId']}"))
    assert json.loads(answer["body"])["message"].startswith("Changed: ")
    assert {"ProofBucket", "KeptBucket"} <= set(stack.resources())
    alias = stack.cloud.client("lambda").get_alias(FunctionName=stack.resources()["DeleteUserFunction"], Name="live")
    assert alias["FunctionVersion"] == "2"


def rewrite(path: Path, old: str, new: str) -> None:
    """Replace what is there exactly once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))

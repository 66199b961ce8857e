"""The steps of the deploy workflow, taken from its text and run as GitHub runs them, onto an account of their own.

What GitHub and its actions do is not run: checkout, Python, the token and the credentials. The text of a step is the
text that is tested.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployed.cloud import REGION, Cloud
from tests.deployed.front import Front
from tests.deployed.stack import ACCOUNT, Stack
from tests.support.project import copied
from tests.support.server import ROOT

NAME = "users-workflow"
JOB = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text())["jobs"]["deploy"]
STEPS = {step["name"]: step for step in JOB["steps"] if "run" in step}
# curl with the address of the front end, in place of that of a deployed API, which only AWS serves.
CURL = """#!/usr/bin/env bash
exec {curl} "${{@/https:\\/\\/*.execute-api.*.amazonaws.com\\/Prod/{url}}}"
"""


@pytest.fixture(scope="module")
def account() -> Iterator[Cloud]:
    """An account with nothing in it."""
    running = Cloud()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def deployed(account: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The project, deployed by the steps up to Deploy."""
    stack = Stack(account, copied(Path(tmp_path_factory.mktemp("workflow"), "users-api")), name=NAME)
    for name in list(STEPS)[:-1]:
        done = step(stack, name)
        assert done.returncode == 0, done.stdout + done.stderr
        stack.said += done.stdout
    return stack


def step(stack: Stack, name: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """One step, run by the shell that GitHub uses where a step names none: `bash -e`, with the text in a file."""
    script = stack.project.parent / "step.sh"
    script.write_text(STEPS[name]["run"])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    files = {each: str(stack.project.parent / each.lower()) for each in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")}
    return subprocess.run(
        ["bash", "-e", str(script)],
        cwd=stack.project,
        env={
            **kept,
            **stack.settings,
            **ACCOUNT,
            **files,
            **variables(JOB["env"]),
            "AWS_REGION": REGION,  # which configure-aws-credentials sets
            "AWS_DEFAULT_REGION": REGION,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(stack.project),
            "GITHUB_REF": "refs/heads/main",
            "PATH": f"{path}{os.pathsep if path else ''}{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def variables(block: dict[str, str]) -> dict[str, Any]:
    """The environment of the job, with the variables of its environment on GitHub."""
    values = {"${{ vars.STACK_NAME }}": NAME}
    return {name: values[text] for name, text in block.items()}


def test_the_steps_are_those_that_this_file_runs():
    assert list(STEPS) == ["Install the SAM CLI", "Deploy", "Prove the deployed API"]
    assert not any("shell" in step or "working-directory" in step for step in STEPS.values())


def test_the_deploy_step_deploys_for_production(deployed: Stack):
    assert "endpoint  " in deployed.said
    [stack] = deployed.cloud.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (given["Environment"], given["GradualDeployment"]) == ("prod", "false")


@pytest.mark.needs("curl")
def test_the_last_step_proves_the_deployed_api_and_hides_the_key(deployed: Stack, tmp_path: Path):
    with Front(deployed, tmp_path) as front:
        done = step(deployed, "Prove the deployed API", curl(tmp_path, front.url))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"::add-mask::{deployed.api_key()}\n" in done.stdout
    assert done.stdout.splitlines()[-1] == "All checks passed."


@pytest.mark.needs("curl")
def test_the_last_step_fails_for_an_api_that_does_not_work(deployed: Stack, tmp_path: Path):
    with Front(deployed, tmp_path) as front:
        front.gateway.functions = {}
        done = step(deployed, "Prove the deployed API", curl(tmp_path, front.url))
    assert done.returncode == 1
    assert "FAIL  create returns the user: expected 201" in done.stdout


def curl(folder: Path, url: str) -> str:
    """A folder for PATH with a curl that goes to the front end."""
    real = subprocess.run(["bash", "-c", "type -P curl"], capture_output=True, text=True, check=True).stdout.strip()
    (folder / "bin").mkdir()
    script = folder / "bin" / "curl"
    script.write_text(CURL.format(curl=real, url=url.replace("/", "\\/")))
    script.chmod(0o755)
    return str(folder / "bin")

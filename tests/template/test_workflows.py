"""The workflows are pinned, may do little, and pass zizmor; the example settings are settings of the template."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT
from tests.template.stack import TEMPLATE

ZIZMOR = Path(sys.executable).parent / "zizmor"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAY = {
    ("test.yml", "check"): {"contents": "read"},
    ("test.yml", "other-client"): {"contents": "read"},
    ("deploy.yml", "test"): {"contents": "read"},
    ("deploy.yml", "deploy"): {"contents": "read", "id-token": "write"},
    ("docs.yml", "build"): {"contents": "read"},
    ("docs.yml", "publish"): {"pages": "write", "id-token": "write"},
    ("release.yml", "test"): {"contents": "read"},
    ("release.yml", "release"): {"contents": "write", "id-token": "write", "attestations": "write"},
}
CARELESS = """
on: pull_request_target
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
"""
EXAMPLE = tomllib.loads((ROOT / "samconfig.toml.example").read_text())


def audit(path):
    command = [str(ZIZMOR), "--offline", "--no-progress", "--pedantic", "--format", "plain", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def jobs():
    return {
        (path.name, name): job for path in WORKFLOWS for name, job in yaml.safe_load(path.read_text())["jobs"].items()
    }


def test_zizmor_finds_nothing():
    status, said = audit(ROOT / ".github")

    assert status == 0, said


@pytest.mark.parametrize(
    "fault", ["unpinned-uses", "dangerous-triggers", "template-injection", "excessive-permissions"]
)
def test_zizmor_finds_a_careless_workflow(tmp_path, fault):
    workflow = tmp_path / ".github" / "workflows" / "careless.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(CARELESS)

    assert fault in audit(workflow)[1]


def test_every_action_is_pinned_and_says_its_version():
    for path in WORKFLOWS:
        for use in re.findall(r"uses: (.*)", path.read_text()):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/workflows/\w+\.yml", use), use


def test_a_job_may_do_only_what_it_must():
    assert {job: block["permissions"] for job, block in jobs().items()} == MAY
    assert all(yaml.safe_load(path.read_text())["permissions"] == {} for path in WORKFLOWS)


def test_nothing_is_released_untested_and_all_that_is_built_is_signed():
    release = jobs()["release.yml", "release"]
    assert release["needs"] == "test"
    assert jobs()["release.yml", "test"]["uses"] == "$/.github/workflows/test.yml"
    [signed] = [step["with"] for step in release["steps"] if "attest" in step.get("uses", "")]
    assert signed == {"subject-path": "dist/*"}
    assert release["steps"][-1]["run"].rstrip().endswith("dist/*")


def test_nothing_is_deployed_untested_or_left_unproved():
    deploy = jobs()["deploy.yml", "deploy"]
    commands = [step.get("run", "") for step in deploy["steps"]]

    assert deploy["needs"] == "test"
    assert jobs()["deploy.yml", "test"]["uses"] == "$/.github/workflows/test.yml"
    assert jobs()["test.yml", "check"]["steps"][-1]["run"] == ".ci/run"
    assert "./deploy.sh --yes" in commands[-2]
    assert './test-api.sh "$(output ApiEndpoint)" "$key"' in commands[-1]


@pytest.mark.parametrize("environment", ["default", "production"])
def test_the_example_settings_are_parameters_of_the_template(environment):
    given = EXAMPLE[environment]["deploy"]["parameters"]["parameter_overrides"]

    assert parameter_values(read_template(TEMPLATE), given).items() >= given.items()
    assert EXAMPLE[environment]["deploy"]["parameters"]["language_extensions"] is True, "the template has Fn::ForEach"
    assert set(EXAMPLE[environment]["global"]["parameters"]) == {"stack_name", "region"}


def test_the_editor_starts_modules_that_are_there():
    started = json.loads((ROOT / ".vscode" / "launch.json").read_text())["configurations"]
    assert {it["module"] for it in started} >= {"local.serve", "pytest", "operate"}
    assert all(importlib.util.find_spec(it["module"]) for it in started)
    assert json.loads((ROOT / ".vscode" / "settings.json").read_text())["python.testing.pytestEnabled"]


def test_the_container_is_set_up_by_commands_of_the_makefile():
    command = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())["postCreateCommand"]
    targets = re.findall(r"make ([\w-]+)", command)
    assert targets
    assert all(re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE) for target in targets)


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[bi]*.yml")), ids=lambda it: it.stem
)
def test_a_form_for_issues_asks_for_what_is_needed(form):
    """GitHub shows a form only if it has these fields; each answer has an id of its own."""
    found = yaml.safe_load(form.read_text())
    assert {"name", "description", "body"} <= set(found)
    asked = [it for it in found["body"] if it["type"] != "markdown"]
    assert len({it["id"] for it in asked}) == len(asked)
    assert any(it.get("validations", {}).get("required") for it in asked)

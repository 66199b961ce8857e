"""cfn-lint and `sam validate --lint` find nothing, as written and after the SAM transform; both find what is wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.template.transform import ROOT
from tests.template.linted import write_transformed
from tests.template.stack import actual

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
SAM = ROOT / ".local" / "sam" / "bin" / "sam"
ENVIRONMENT = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
INFRA = sorted((ROOT / "infra").glob("*.yaml"))
UNUSED = "  Unused: !Equals [a, b]\n"


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=ENVIRONMENT, timeout=400)
    return done.returncode, done.stdout + done.stderr


def spoilt(folder):
    """A copy of the template with something that is never used."""
    for name in ("template.yaml", "api-gateway.yaml"):
        shutil.copy(ROOT / name, folder / name)
    template = folder / "template.yaml"
    template.write_text(template.read_text().replace("Conditions:\n", f"Conditions:\n{UNUSED}", 1))
    return template


def transformed(folder, stack):
    return write_transformed(folder / "transformed.json", stack.transformed)


def test_cfn_lint_finds_nothing(tmp_path):
    assert run(BIN / "cfn-lint", ROOT / "template.yaml", transformed(tmp_path, actual())) == (0, "")


def test_cfn_lint_finds_nothing_in_the_other_templates():
    assert len(INFRA) >= 2
    assert run(BIN / "cfn-lint", *INFRA) == (0, "")


@pytest.mark.deep
def test_cfn_lint_finds_a_fault_in_each_form(tmp_path):
    stack = actual()
    stack.resources["UsersTable"]["Properties"]["BillingMode"] = "FREE"

    said = run(BIN / "cfn-lint", spoilt(tmp_path), transformed(tmp_path, stack))[1]

    assert "Unused" in said
    assert "'FREE' is not one of" in said


def test_sam_finds_nothing():
    status, said = run(SAM, "validate", "--lint", "--template", ROOT / "template.yaml")

    assert (status, "is a valid SAM Template" in said) == (0, True), said


@pytest.mark.deep
def test_sam_finds_a_fault(tmp_path):
    status, said = run(SAM, "validate", "--lint", "--template", spoilt(tmp_path))

    assert (status, "Unused" in said) == (1, True)


def test_nothing_is_waved_through():
    for path in (*(ROOT / name for name in ("template.yaml", "openapi.yaml", "api-gateway.yaml")), *INFRA):
        assert "ignore_checks" not in path.read_text()
    assert not list(ROOT.glob(".cfnlintrc*"))

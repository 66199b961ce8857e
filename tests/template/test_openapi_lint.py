"""Redocly's recommended rules and Spectral's OpenAPI rules find nothing in the contract; both find what is wrong."""

import os
import subprocess

import pytest
import yaml

from local.template.transform import ROOT

BIN = ROOT / ".local" / "node" / "bin"
RULES = ROOT / "tests" / "template"
COMMANDS = {
    "redocly": ("lint", "--format", "stylish", "--config", RULES / "redocly.yaml"),
    "spectral": ("lint", "--quiet", "--fail-severity", "hint", "--ruleset", RULES / "spectral.yaml"),
}


def findings(linter, path):
    """Exit status and what a linter prints of a file; the chatter of both is elsewhere."""
    command = [str(part) for part in (BIN / linter, *COMMANDS[linter], path)]
    environment = {**os.environ, "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("linter", COMMANDS)
def test_the_contract_has_no_finding(linter):
    assert findings(linter, ROOT / "openapi.yaml") == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("linter", "old", "new", "rule"),
    [
        ("redocly", ', url: "https://opensource.org/license/mit"}', "}", "info-license-strict"),
        (
            "redocly",
            "[{apiKey: []}, {signIn: [users/write]}",
            "[{key: []}, {signIn: [users/write]}",
            "security-defined",
        ),
        ("redocly", "age: 36}}", "age: old}}", "no-invalid-media-type-examples"),
        ("spectral", "      tags: [Users]\n", "", "operation-tags"),
        ("spectral", "  contact: {", "  x-contact: {", "info-contact"),
        ("spectral", "age: 36}}", "age: old}}", "oas3-valid-media-example"),
    ],
)
def test_a_fault_is_found(tmp_path, linter, old, new, rule):
    contract = (ROOT / "openapi.yaml").read_text()
    assert old in contract
    (tmp_path / "openapi.yaml").write_text(contract.replace(old, new, 1))

    status, said = findings(linter, tmp_path / "openapi.yaml")

    assert (status, rule in said) == (1, True), said


@pytest.mark.parametrize("name", ["redocly.yaml", "spectral.yaml"])
def test_no_rule_is_switched_off(name):
    config = yaml.safe_load((RULES / name).read_text())
    assert config.get("rules", {}) == ({"operation-2xx-response": False} if name == "redocly.yaml" else {})
    assert not list(ROOT.glob(".redocly.lint-ignore*"))

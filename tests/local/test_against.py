"""The switch --against: golden tests run against an API that is somewhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.server import ROOT

pytestmark = pytest.mark.local_only


def golden(*arguments):
    """Run the golden tests of mocks in a process of their own; the last line of the report."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/local/test_mocks.py",
        "tests/local/test_gateway_responses.py",
        *arguments,
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # quicker, and no plugin is needed
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout


def test_they_pass_where_the_same_template_is_served(local_api):
    status, report = golden("--against", f"mocks={local_api('mocks').base}")
    assert status == 0, report
    assert "s" in report.splitlines()[0]  # what speaks of the local gateway itself is skipped


def test_they_fail_where_another_template_is_served(local_api):
    status, report = golden("--against", f"mocks={local_api('keys').base}")
    assert status == 1
    assert "FAILED" in report


def test_templates_that_are_not_named_are_skipped(local_api):
    status, report = golden("--against", f"other={local_api('mocks').base}")
    assert status == 0
    assert "." not in report.splitlines()[0].split()[0]

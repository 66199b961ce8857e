"""deploy.sh with somebody at the terminal: a second stack beside the first one, by answers alone."""

from __future__ import annotations

import os

import pytest

from tests.deployed.stack import Stack
from tests.support.terminal import talk

pytestmark = pytest.mark.deep


def test_a_second_stack_by_answers(stack: Stack) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "CI"}
    environment = {**kept, **stack.settings}
    answers = {
        "AWS region": "us-east-1",
        "Stack Name": "users-second",
        "UsersTableName": "SecondUsers",
        "ApiKeyRequired": "false",
    }
    try:
        status, screen = talk([stack.project / "deploy.sh"], environment, answers, seconds=180)
        assert status == 0, screen
        kept_settings = (stack.project / "samconfig.toml").read_text()
        assert 'stack_name = "users-second"' in kept_settings
        assert "try it    ./test-api.sh https://" in screen
        status, screen = talk([stack.project / "deploy.sh"], environment, {}, seconds=180)
        assert (status, "No changes to deploy" in screen) == (0, True), screen
        tables = stack.cloud.client("dynamodb").list_tables()["TableNames"]
        assert {"Users", "SecondUsers"} <= set(tables)
        answers = {"Type its name": "users-second"}
        status, screen = talk([stack.project / "cleanup.sh"], environment, answers, seconds=180)
        assert status == 0, screen
        tables = stack.cloud.client("dynamodb").list_tables()["TableNames"]
        assert "Users" in tables
        assert "SecondUsers" not in tables
    finally:
        (stack.project / "samconfig.toml").unlink(missing_ok=True)

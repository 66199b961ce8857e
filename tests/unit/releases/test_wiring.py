"""The check of a release as Lambda runs it: settings, the function's own time, and what CodeDeploy is told."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

import adapters.clients
from releases import wiring
from releases.check_release import lambda_handler
from releases.requests import Broken
from tests.support.events import Context
from utils.deadline import Deadline
from utils.step import StepFailed

NAMES = {name: f"users-{name}" for name in ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")}


class Aws:
    """Clients of Lambda and CodeDeploy in one; every function returns `answer`."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.invoked: list[str] = []
        self.reported: list[dict[str, Any]] = []

    def invoke(self, **asked: Any) -> dict[str, Any]:
        self.invoked.append(asked["FunctionName"])
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())}

    def put_lifecycle_event_hook_execution_status(self, **told: Any) -> None:
        self.reported.append(told)


@pytest.fixture
def aws(monkeypatch):
    """The clients that the wiring makes."""
    made = Aws({"statusCode": 500, "body": "{}"})
    monkeypatch.setattr(adapters.clients, "client", lambda *_, **__: made)
    monkeypatch.setenv("FUNCTIONS", json.dumps(NAMES))
    monkeypatch.setenv("VERSIONS", "one two")
    return made


def test_it_calls_the_functions_of_its_settings_and_reports(aws):
    said = lambda_handler({"DeploymentId": "d", "LifecycleEventHookExecutionId": "e"}, Context(120))
    assert said == {"kept": False}
    assert aws.invoked == ["users-CreateUser"]
    assert aws.reported == [{"deploymentId": "d", "lifecycleEventHookExecutionId": "e", "status": "Failed"}]


def test_an_event_that_is_not_of_codedeploy_fails_without_its_text(aws):
    with pytest.raises(StepFailed, match=r"^KeyError$"):
        lambda_handler({}, Context(120))
    assert aws.reported == []


def test_a_check_that_runs_out_of_time_stops_and_still_deletes(aws):
    call = wiring.call(Deadline(20))
    with pytest.raises(Broken, match="too long"):
        call("CreateUser", {})
    call("DeleteUser", {})
    assert aws.invoked == ["users-DeleteUser"]


def test_no_two_checks_share_a_mark():
    assert len({wiring.mark(Deadline(1)) for _ in range(100)}) == 100

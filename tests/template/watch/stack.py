"""infra/watch.yaml with nothing left to resolve, and the alarms of the API's own stack that it stands beside."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, resolve, transformed
from tests.template.stack import actual

TEMPLATE = ROOT / "infra" / "watch.yaml"
API = "users-api"
FUNCTIONS = tuple(f"{name}Function" for name in ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser"))
NAMES = {
    "ApiStack": API,
    "UsersTable": "Users",
    "UserKeysTable": "users-api-UserKeysTable",
    **{name: f"{API}-{name}" for name in FUNCTIONS},
}
ON = {"Queues": "q1,q2", "DeadLetterQueues": "d1,d2", "TrafficExpected": "true"}
METRIC, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
Alarms = dict[str, dict[str, Any]]


def resolved(**parameters: str) -> dict[str, Any]:
    """The template with these parameters, and the names of a stack with the five functions."""
    source = read_template(TEMPLATE)
    given = {**NAMES, **parameters}
    alarms = [name for name, block in source.tree["Resources"].items() if block["Type"] in (METRIC, COMPOSITE)]
    facts: dict[str, Any] = {
        "physical": {name: name for name in alarms},
        "attributes": {(name, "Arn"): f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}" for name in alarms},
    }
    return resolve(transformed(source, given), parameter_values(source, given), source, **facts)


def of(kind: str, template: dict[str, Any]) -> Alarms:
    """The properties of the resources of one type, by logical id."""
    return {name: block["Properties"] for name, block in template["Resources"].items() if block["Type"] == kind}


@cache
def _alarms() -> Alarms:
    watch = resolved(**ON)
    own = {"ServerErrorsAlarm": of(METRIC, actual().resolved(stack=API))["ServerErrorsAlarm"]}
    return {**of(METRIC, watch), **of(COMPOSITE, watch), **own}


def alarms() -> Alarms:
    """Every alarm of the watch with everything on, and ServerErrorsAlarm; a fresh copy each time."""
    return copy.deepcopy(_alarms())

"""The resources of the template besides its HTTP API, created in the emulated AWS and kept there from run to run.

Tables are made by the DynamoDB API (`tables`). The types of CREATED, which ministack's CloudFormation makes
well, are a separate stack, with the functions that they invoke (`functions`). The front end does the REST API and its
functions. Roles, log groups and alarms have no effect on this machine. If a resource of the stack refers to one of
these, the reference becomes the name that it would have.
"""

from __future__ import annotations

import copy
import hashlib
import json
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from local.stack import functions, mail, tables
from local.stack.calls import CallError, cloudformation, store
from local.template.intrinsics import STACK, SUB, Resolver, text_of
from local.template.parameters import is_stored

TABLES = ("AWS::DynamoDB::Table", tables.GLOBAL)
CREATED = (
    "AWS::SQS::",
    "AWS::Kinesis::",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::SNS::",
    "AWS::S3::",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::Scheduler::",
    "AWS::Cognito::",
    "AWS::KMS::",
    "AWS::SES::",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::",
    "AWS::StepFunctions::StateMachine",
)
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}  # no change of the template removes data here
WIRING = (  # holds none
    "AWS::Lambda::",
    "AWS::ApiGatewayV2::",
    "AWS::Events::Rule",
    "AWS::Scheduler::Schedule",
    "AWS::SNS::Subscription",
    "AWS::StepFunctions::StateMachine",
)
MOST_IN_A_REQUEST = 51_200  # bytes of a template; CloudFormation takes no more
TEMPLATES = "templates-of-make-run"  # the bucket of a larger one
MARK = "users-api:template"  # the tag that says which template a stack was last brought to
DEPLOY_SECONDS = 60.0
POLL_SECONDS = 0.02


class StackError(Exception):
    """The template's resources could not be created; one sentence that says which and why."""


def deploy(template: dict[str, Any], parameters: dict[str, str], endpoint: str) -> dict[str, str]:
    """Create or update what is not HTTP; physical ids by logical id.

    `template` is transformed, its intrinsic functions resolved or not; `parameters` override its defaults.
    Doing it again changes nothing, and what a table holds is kept. Raises StackError.
    """
    resolver = Resolver(template, {**defaults(template), **parameters}, stack=STACK)
    try:
        names = deploy_tables(resolver, endpoint)
        mail.allow_mail(endpoint, {**defaults(template), **parameters})
        rest = stack_template(resolver)
        return names | (deploy_stack(rest, parameters, endpoint) if rest["Resources"] else {})
    except (tables.TableConflict, CallError) as error:
        raise StackError(str(error)) from error


def defaults(template: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters' default values."""
    return {name: block.get("Default", "") for name, block in (template.get("Parameters") or {}).items()}


def deploy_tables(resolver: Resolver, endpoint: str) -> dict[str, str]:
    """Provide every table; names by logical id. The resolver learns what Ref and GetAtt of them return."""
    names = {}
    for logical, block in active(resolver, *TABLES).items():
        name = str(resolver.reference(logical))
        properties = resolver.value(block["Properties"])
        if block["Type"] == tables.GLOBAL:
            properties = tables.replica(properties, resolver.region)
        description = tables.provide(endpoint, name, properties)
        names[logical] = name
        resolver.attributes = {
            **resolver.attributes,
            (logical, "Arn"): description["TableArn"],
            (logical, "StreamArn"): description.get("LatestStreamArn", ""),
        }
    resolver.physical = {**resolver.physical, **names}
    return names


def active(resolver: Resolver, *types: str) -> dict[str, Any]:
    """The resources of `types` whose condition holds. A type that is empty or ends in :: means all that begin so."""
    return {
        name: block
        for name, block in resolver.template["Resources"].items()
        if is_of(block["Type"], types) and ("Condition" not in block or resolver.condition(block["Condition"]))
    }


def is_of(kind: str, types: tuple[str, ...]) -> bool:
    """Whether a type is one of `types`."""
    return any(kind.startswith(each) if each.endswith("::") or not each else kind == each for each in types)


def stack_template(resolver: Resolver) -> dict[str, Any]:
    """The part of the template that CloudFormation is given."""
    blocks = active(resolver, *CREATED)
    blocks |= functions.to_create(active(resolver, ""), blocks, resolver)
    left_out = resolver.template["Resources"].keys() - blocks.keys()
    resources = {name: substituted(block, left_out, resolver) for name, block in blocks.items()}
    for block in resources.values():
        if not block["Type"].startswith(WIRING):
            block.update(KEPT)
        if "DependsOn" in block:
            block["DependsOn"] = [name for name in as_list(block["DependsOn"]) if name not in left_out]
    sections = ("Conditions", "Mappings")
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::LanguageExtensions",  # has left the template with its own transform
        "Resources": resources,
        "Parameters": {name: for_values(block) for name, block in (resolver.template.get("Parameters") or {}).items()},
        **{
            section: copy.deepcopy(resolver.template[section]) for section in sections if resolver.template.get(section)
        },
    }


def for_values(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter without what people read of it."""
    return {key: copy.deepcopy(value) for key, value in parameter.items() if not key.endswith("Description")}


def with_values(template: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The template in which the parameters of the parameter store are plain ones with the stored values."""
    parameters = {
        name: {"Type": "String", "Default": text_of(values[name])} if is_stored(block) else block
        for name, block in (template.get("Parameters") or {}).items()
    }
    return {**template, "Parameters": parameters}


def as_list(value: Any) -> list[Any]:
    """A value that may stand alone, as a list."""
    return value if isinstance(value, list) else [value]


def substituted(node: Any, left_out: set[str], resolver: Resolver) -> Any:
    """A part of the template in which references to `left_out` resources are replaced by their values."""
    if isinstance(node, list):
        return [substituted(item, left_out, resolver) for item in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"Ref": name} if name in left_out:
            return resolver.value(node)
        case {"Fn::GetAtt": [name, *_]} if name in left_out:
            return resolver.value(node)
        case {"Fn::GetAtt": str(path)} if path.partition(".")[0] in left_out:
            return resolver.value(node)
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": substituted_text(text, left_out, resolver)}
        case {"Fn::Sub": [str(text), values]}:
            return {
                "Fn::Sub": [
                    substituted_text(text, left_out - values.keys(), resolver),
                    substituted(values, left_out, resolver),
                ]
            }
    return {key: substituted(item, left_out, resolver) for key, item in node.items()}


def substituted_text(text: str, left_out: set[str], resolver: Resolver) -> str:
    """The same for the text of Fn::Sub."""
    return SUB.sub(
        lambda found: (
            text_of(resolver.value({"Fn::Sub": found[0]}))
            if not found[1] and found[2].partition(".")[0] in left_out
            else found[0]
        ),
        text,
    )


def deploy_stack(template: dict[str, Any], parameters: dict[str, str], endpoint: str) -> dict[str, str]:
    """Create the stack, or update it when it was brought to another template; physical ids by logical id."""
    body = json.dumps(template, sort_keys=True, separators=(",", ":"))
    given = {name: value for name, value in sorted(parameters.items()) if name in template.get("Parameters", {})}
    mark = hashlib.sha256(f"{body}{given}".encode()).hexdigest()
    stack = described(endpoint)
    if stack is None or stack.findtext("StackStatus") not in UPDATABLE:
        replace(endpoint, stack, request(place(body, endpoint), given, mark))
    elif f"{MARK}={mark}" not in tags(stack):
        cloudformation(endpoint, "UpdateStack", request(place(body, endpoint), given, mark))
        wait_for_stack(endpoint)
    answer = cloudformation(endpoint, "DescribeStackResources", {"StackName": STACK})
    return {
        member.findtext("LogicalResourceId", ""): member.findtext("PhysicalResourceId", "")
        for member in answer.iter("member")
        if member.find("PhysicalResourceId") is not None
    }


UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})


def place(body: str, endpoint: str) -> dict[str, str]:
    """The template for a request: inside of it, or in a bucket if it is too large. That loads S3, for half a second."""
    if len(body) <= MOST_IN_A_REQUEST:
        return {"TemplateBody": body}
    return {"TemplateURL": store(endpoint, TEMPLATES, "template.json", body.encode())}


def request(placed: Mapping[str, str], parameters: Mapping[str, str], mark: str) -> dict[str, str]:
    """The parameters of CreateStack and UpdateStack."""
    fields = {
        "StackName": STACK,
        **placed,
        "Tags.member.1.Key": MARK,
        "Tags.member.1.Value": mark,
        "Capabilities.member.1": "CAPABILITY_NAMED_IAM",
        "Capabilities.member.2": "CAPABILITY_AUTO_EXPAND",
    }
    for number, (name, value) in enumerate(parameters.items(), 1):
        fields[f"Parameters.member.{number}.ParameterKey"] = name
        fields[f"Parameters.member.{number}.ParameterValue"] = value
    return fields


def replace(endpoint: str, stack: ET.Element | None, fields: dict[str, str]) -> None:
    """Create the stack; one that a crash or a failure left unfinished goes first, its resources stay."""
    if stack is not None:
        cloudformation(endpoint, "DeleteStack", {"StackName": STACK})
        wait_for(lambda: described(endpoint) is None)
    cloudformation(endpoint, "CreateStack", fields)
    wait_for_stack(endpoint)


def described(endpoint: str) -> ET.Element | None:
    """The stack as DescribeStacks shows it; None when there is none."""
    try:
        stack = cloudformation(endpoint, "DescribeStacks", {"StackName": STACK}).find(".//Stacks/member")
    except CallError as error:
        if error.code != "ValidationError":
            raise
        return None
    return None if stack is None or stack.findtext("StackStatus") == "DELETE_COMPLETE" else stack


def tags(stack: ET.Element) -> set[str]:
    """A stack's tags as key=value."""
    return {f"{member.findtext('Key')}={member.findtext('Value')}" for member in stack.findall("Tags/member")}


def wait_for_stack(endpoint: str) -> None:
    """Wait until the stack has been brought to its template. Raises StackError."""
    status = ""

    def finished() -> bool:
        nonlocal status
        stack = described(endpoint)
        status = "" if stack is None else stack.findtext("StackStatus", "")
        return not status.endswith("_IN_PROGRESS")

    wait_for(finished)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackError(f"the template's resources could not be created: {first_failure(endpoint)}")


def first_failure(endpoint: str) -> str:
    """The first thing that went wrong in the stack's last operation."""
    answer = cloudformation(endpoint, "DescribeStackEvents", {"StackName": STACK})
    failures = [
        f"{event.findtext('LogicalResourceId')}: {event.findtext('ResourceStatusReason')}"
        for event in answer.iter("member")
        if event.findtext("ResourceStatus", "").endswith("FAILED")
    ]
    return failures[-1] if failures else "no reason was given"  # events come newest first


def wait_for(done: Any) -> None:
    """Ask again and again until `done()`. Raises StackError after DEPLOY_SECONDS."""
    until = time.monotonic() + DEPLOY_SECONDS
    while not done():
        if time.monotonic() > until:
            raise StackError(f"the template's resources were not ready after {DEPLOY_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)

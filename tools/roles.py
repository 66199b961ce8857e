"""The permissions of each function, read from the transformed template.

python -m tools.roles             prints the table of roles as Markdown
python -m tools.roles --write     puts it into docs/reference/permissions.md, between the marks
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.template.source import TemplateError
from local.template.transform import ROOT, transformed
from tools import marks
from tools.marks import MarkError
from tools.statements import Statement, Template, listed, statements

# A configuration set of SES has no attribute Arn.
CONFIGURATION_SET = re.compile(
    r"arn:\$\{AWS::Partition\}:ses:\$\{AWS::Region\}:\$\{AWS::AccountId\}:configuration-set/\$\{(\w+)\}"
)
# A table that is there already: tools/second_region.py.
REPLICA = re.compile(r"arn:\$\{AWS::Partition\}:dynamodb:\$\{AWS::Region\}:\$\{AWS::AccountId\}:table/\$\{(\w+)\}")
# The objects of a bucket whose keys begin so. Keys are made while functions run, so nothing narrower exists.
INDEX = re.compile(r"\$\{(\w+)\.Arn\}/index/(\w+)")
OBJECTS = re.compile(r"\$\{(\w+)\.Arn\}/([\w-]+)/\*")
# To send to the connections of one stage of a WebSocket API. Nobody knows the ids of connections beforehand.
CONNECTIONS = re.compile(
    r"arn:\$\{AWS::Partition\}:execute-api:\$\{AWS::Region\}:\$\{AWS::AccountId\}:\$\{(\w+)\}/\w+/(POST|DELETE)/@connections/\*"
)
# A state machine by its name, and its executions. A Distributed Map needs both for its own machine, whose policy cannot
# refer to it.
MACHINE = re.compile(
    r"arn:\$\{AWS::Partition\}:states:\$\{AWS::Region\}:\$\{AWS::AccountId\}:"
    r"(stateMachine|execution):(\$\{AWS::StackName\}-\w+)(/\*)?"
)


ALIAS = re.compile(r"\$\{(\w+)\.Arn\}:live")
# Lambda itself does this with the role of a function in a VPC. Some of these actions have no narrower resource than *.
# The requests of the function's own code name the function, and the condition leaves those out.
NETWORK = frozenset(
    f"ec2:{it}"
    for it in (
        *("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface"),
        *("AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"),
    )
)
OF_LAMBDA_ITSELF = {"Null": {"lambda:SourceFunctionArn": "true"}}
INTERFACES = "NetworkInterfaces"
# All alarms, by a reader of their states.
ALARMS = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"
# The deployment groups that SAM makes for a stack. Their names are not known before they are there.
DEPLOYMENT_GROUPS = (
    "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}:deploymentgroup:"
    "${AWS::StackName}-ServerlessDeploymentApplication-*"
)


@dataclass(frozen=True)
class Grant:
    """One action on one resource; ids are logical. `when` says in words what it depends on, '' if on nothing."""

    function: str
    resource: str
    action: str
    when: str = ""


def grants(template: Template) -> list[Grant]:
    """The permissions of the functions in a transformed template, with each policy before the role's own statements.

    Grants of a role without a function are listed under the id of the role. Raises TemplateError for a function
    without its own role, or for a statement that is not a plain grant.
    """
    holders: dict[str, list[str]] = {}
    for name, block in functions(template):
        holders.setdefault(role_of(name, block), []).append(name)
    found = [
        grant
        for statement in statements(template)
        for holder in holders.get(statement.role, [statement.role])
        for grant in granted(template, holder, statement)
    ]
    return sorted(found, key=lambda grant: grant.function)


def functions(template: Template) -> Iterator[tuple[str, Template]]:
    """The functions by logical id, in alphabetical order: the transform keeps none."""
    for name, block in sorted(template["Resources"].items()):
        if block["Type"] == "AWS::Lambda::Function":
            yield name, block


def role_of(function: str, block: Template) -> str:
    """The logical id of a function's role."""
    role = block["Properties"].get("Role")
    if isinstance(role, dict) and role.get("Fn::GetAtt", [])[1:] == ["Arn"]:
        return str(role["Fn::GetAtt"][0])
    raise TemplateError(f"the role of {function} is not one of the template's; write Role: !GetAtt <Name>Role.Arn")


def granted(template: Template, function: str, statement: Statement) -> Iterator[Grant]:
    """The grants of one statement."""
    when = ", ".join([*statement.when, *limits(statement.body)])
    if for_interfaces(statement.body):
        yield from (Grant(function, INTERFACES, action, when) for action in statement.body["Action"])
        return
    for action in listed(statement.body["Action"]):
        for resource in listed(statement.body.get("Resource")):
            yield Grant(function, resource_name(template, statement.role, resource), action, when)


def for_interfaces(statement: Template) -> bool:
    """Whether a statement lets Lambda, and nobody else, connect the function to its network."""
    return (
        statement.get("Resource") == "*"
        and frozenset(listed(statement["Action"])) <= NETWORK
        and statement.get("Condition") == OF_LAMBDA_ITSELF
    )


def limits(statement: Template) -> list[str]:
    """The keys that a statement's own condition looks at, with what they must be."""
    return [
        f"{key} absent" if operator == "Null" else f"{key} {' or '.join(shown(value) for value in listed(values))}"
        for operator, tests in (statement.get("Condition") or {}).items()
        for key, values in tests.items()
    ]


def shown(value: Any) -> str:
    """A value of a condition, as it is written."""
    match value:
        case {"Fn::Sub": written}:
            return str(written)
        case {"Ref": name}:
            return f"${{{name}}}"
    return str(value)


def resource_name(template: Template, role: str, resource: Any) -> str:
    """The logical id, the parameter, or the connections of an API that a statement's resource is."""
    match resource:
        case {"Fn::GetAtt": [str(name), "Arn"]} if name in template["Resources"]:
            return name
        case {"Fn::GetAtt": [str(name), "StreamArn"]} if name in template["Resources"]:
            return f"{name}.StreamArn"
        case {"Ref": str(name)} if name in (template.get("Parameters") or {}):
            return name
        case {"Fn::Sub": str(arn)} if (found := REPLICA.fullmatch(arn)) and found[1] in (
            template.get("Parameters") or {}
        ):
            return found[1]
        case {"Fn::Sub": str(arn)} if (found := INDEX.fullmatch(arn)) and found[1] in template["Resources"]:
            return f"{found[1]}/index/{found[2]}"
        case {"Fn::Sub": str(arn)} if (found := CONFIGURATION_SET.fullmatch(arn)) and found[1] in template["Resources"]:
            return found[1]
        case {"Fn::Sub": str(text)} if (found := OBJECTS.fullmatch(text)) and is_bucket(template, found[1]):
            return f"{found[1]}/{found[2]}/*"
        case {"Fn::Sub": str(text)} if (found := CONNECTIONS.fullmatch(text)) and found[1] in template["Resources"]:
            return f"{found[1]}.Connections" if found[2] == "POST" else f"{found[1]}.EndedConnections"
        case {"Fn::Sub": str(text)} if (found := MACHINE.fullmatch(text)) and (its := machine(template, found[2])):
            return its if found[1] == "stateMachine" and not found[3] else f"{its}.Executions"
        case {"Fn::Sub": str(arn)} if (found := ALIAS.fullmatch(arn)) and found[1] in template["Resources"]:
            return f"{found[1]}.Alias"
        case {"Fn::Sub": str(arn)} if arn in (ALARMS, DEPLOYMENT_GROUPS):
            return "Alarms" if arn == ALARMS else "DeploymentGroups"
    raise TemplateError(f"{role} names a resource that is neither !GetAtt <Resource>.Arn nor a parameter: {resource}")


def machine(template: Template, name: str) -> str | None:
    """The logical id of the state machine of this name."""
    return next(
        (
            logical_id
            for logical_id, block in template["Resources"].items()
            if block["Type"] == "AWS::StepFunctions::StateMachine"
            and block["Properties"].get("StateMachineName") == {"Fn::Sub": name}
        ),
        None,
    )


def is_bucket(template: Template, name: str) -> bool:
    """Whether a logical id is that of a bucket."""
    return bool(template["Resources"].get(name, {}).get("Type") == "AWS::S3::Bucket")


def table(template: Template) -> str:
    """The grants as Markdown, one row for each function and resource."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for grant in grants(template):
        rows.setdefault((grant.function, grant.resource, grant.when), []).append(grant.action)
    lines = ["| function | may | on | only |", "|---|---|---|---|"]
    for (function, resource, when), actions in rows.items():
        lines.append(f"| {function} | {', '.join(f'`{action}`' for action in actions)} | {resource} | {when} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Print or write the table; the exit status."""

    def make() -> str:
        return table(transformed(ROOT / "template.yaml"))

    def save(made: str) -> None:
        marks.write(ROOT / "docs" / "reference" / "permissions.md", "roles", made)

    return marks.main(arguments, __doc__, make, save, (TemplateError, MarkError, OSError))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

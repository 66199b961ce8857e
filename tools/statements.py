"""Every statement of a template that grants something to one of its roles, in whatever form it is written.

A grant in an unknown form is an error: a check that skips unknown forms proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.template.source import TemplateError

Template = dict[str, Any]
NOTHING = {"Ref": "AWS::NoValue"}
MANAGED = "AWS::IAM::ManagedPolicy"
PERMISSION = "AWS::Lambda::Permission"  # lets a service call a function; its rule is in tests/template
WEB_ACL = "AWS::WAFv2::"  # its rules have statements too, which grant nothing
KEY = "AWS::KMS::Key"
ACCOUNT = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
PLAIN = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})
OF_A_RESOURCE = PLAIN | {"Principal"}
# Types whose name promises a grant. One that is not in READERS is refused.
GRANTING = re.compile(r"::IAM::|Polic(y|ies)|Permission|Grant|ResourceShare|Assignment")
# These create resources that are not in this template.
ELSEWHERE = re.compile(
    r"(?!AWS::)|AWS::CloudFormation::(Stack|StackSet|CustomResource|Macro)$|AWS::Serverless::|.*::MODULE$"
)
WRITTEN_AS_TEXT = re.compile(r'"Statement"\s*:')


@dataclass(frozen=True)
class Statement:
    """A plain Allow of a role, as the template has it. `when` names the conditions that it depends on."""

    role: str
    body: Template
    when: tuple[str, ...] = ()


def statements(template: Template) -> list[Statement]:
    """All grants to the template's roles: by their policies, by statements inside them, by resources.

    Raises TemplateError for a grant that cannot be read.
    """
    found = [statement for name in sorted(template["Resources"]) for statement in granted_by(template, name)]
    return sorted(found, key=lambda statement: statement.role)  # a stable sort: the order of forms stays


def granted_by(template: Template, name: str) -> Iterator[Statement]:
    """The grants of one resource. Raises TemplateError."""
    block = template["Resources"][name]
    kind = str(block.get("Type"))
    if ELSEWHERE.match(kind) or (GRANTING.search(kind) and kind not in READERS):
        raise TemplateError(f"{name} is a {kind}, and what that grants cannot be read from this template")
    reader = READERS.get(kind, of_resource)
    conditions = (f"if {block['Condition']}",) if "Condition" in block else ()
    for found in reader(template, name, block.get("Properties") or {}):
        yield Statement(found.role, found.body, (*conditions, *found.when))


def of_role(template: Template, name: str, properties: Template) -> Iterator[Statement]:
    """Policies inside a role, and the managed policies that it takes."""
    for policy in listed(properties.get("Policies") or []):
        yield from document(name, name, part(name, policy, "PolicyDocument"))
    for policy in listed(properties.get("ManagedPolicyArns") or []):
        target = template["Resources"].get(policy.get("Ref")) if isinstance(policy, dict) else None
        if not target or target.get("Type") != MANAGED:
            raise TemplateError(f"{name} takes a managed policy of which nothing is known here: {policy}")
        when = (f"if {target['Condition']}",) if "Condition" in target else ()
        for found in document(policy["Ref"], name, part(policy["Ref"], target["Properties"], "PolicyDocument")):
            yield Statement(name, found.body, (*when, *found.when))


def of_policy(template: Template, name: str, properties: Template) -> Iterator[Statement]:
    """A policy that names the roles it belongs to. A managed one may name none: roles or boundaries refer to it."""
    for key in ("Users", "Groups"):
        if properties.get(key):
            raise TemplateError(f"{name} grants to {key.lower()}; only the roles of functions are granted anything")
    roles = listed(properties.get("Roles") or [])
    if not roles and name not in referred(template):
        raise TemplateError(f"{name} belongs to no role of the template")
    written = part(name, properties, "PolicyDocument")
    for role in roles:
        yield from document(name, role_named(template, name, role), written)


def of_role_policy(template: Template, name: str, properties: Template) -> Iterator[Statement]:
    """A policy of one role."""
    role = role_named(template, name, properties.get("RoleName"))
    yield from document(name, role, part(name, properties, "PolicyDocument"))


def of_permission(template: Template, name: str, properties: Template) -> Iterator[Statement]:
    """A function's permission grants nothing to a role unless it names one."""
    if isinstance(properties.get("Principal"), str) and properties["Principal"].endswith(".amazonaws.com"):
        return iter(())
    raise TemplateError(f"{name} lets {properties.get('Principal')} call a function, which is not an AWS service")


def of_resource(template: Template, name: str, properties: Template) -> Iterator[Statement]:
    """The grants of resource policies to roles of the template, wherever the resource has the policy."""
    if template["Resources"][name]["Type"].startswith(WEB_ACL):
        return
    found = list(documents(name, properties))
    if template["Resources"][name]["Type"] in READERS and not found:
        raise TemplateError(f"{name} has a policy that is not written out")
    for written in found:
        for body, when in flattened(name, listed(written["Statement"])):
            if isinstance(body, dict) and body.get("Effect") == "Deny":
                continue  # it grants nothing
            plain(name, body, OF_A_RESOURCE)
            key = template["Resources"][name]["Type"] == KEY
            for role in principals(template, name, body):
                yield Statement(role, {**body, "Resource": itself(name, body, key)}, when)


READERS: dict[str, Callable[[Template, str, Template], Iterator[Statement]]] = {
    "AWS::IAM::Policy": of_policy,
    "AWS::IAM::Role": of_role,
    "AWS::IAM::RolePolicy": of_role_policy,
    MANAGED: of_policy,
    PERMISSION: of_permission,
    "AWS::SQS::QueuePolicy": of_resource,
    "AWS::SQS::QueueInlinePolicy": of_resource,
    "AWS::SNS::TopicPolicy": of_resource,
    "AWS::SNS::TopicInlinePolicy": of_resource,
    "AWS::S3::BucketPolicy": of_resource,
    "AWS::Events::EventBusPolicy": of_resource,
    "AWS::SecretsManager::ResourcePolicy": of_resource,
    "AWS::Kinesis::ResourcePolicy": of_resource,
    "AWS::Logs::ResourcePolicy": of_resource,
}


def document(name: str, role: str, written: Any) -> Iterator[Statement]:
    """The statements of a policy of a role."""
    if not isinstance(written, dict) or "Statement" not in written:
        raise TemplateError(f"{name} has a policy that is not written out")
    for body, when in flattened(name, listed(written["Statement"])):
        plain(name, body, PLAIN)
        yield Statement(role, body, when)


def part(name: str, holder: Any, key: str) -> Any:
    """One property of something that is written out."""
    if not isinstance(holder, dict) or key not in holder:
        raise TemplateError(f"{name} has a policy that is not written out")
    return holder[key]


def flattened(name: str, written: list[Any]) -> Iterator[tuple[Template, tuple[str, ...]]]:
    """Statements, each with the condition of the template that it depends on."""
    for statement in written:
        if isinstance(statement, dict) and "Fn::If" in statement:
            condition, body, otherwise = statement["Fn::If"]
            if otherwise != NOTHING:
                raise TemplateError(f"a statement under {condition} has an alternative; write two statements")
            yield body, (f"if {condition}",)
        else:
            yield statement, ()


def plain(name: str, body: Any, known: frozenset[str]) -> None:
    """Refuse a statement that is not an Allow of actions on resources: Deny, NotAction, NotResource, NotPrincipal."""
    if not isinstance(body, dict) or not set(body) <= known or body.get("Effect") != "Allow":
        raise TemplateError(f"{name} has a statement that is not a plain grant: {body}")
    if not all(isinstance(action, str) for action in listed(body.get("Action"))):
        raise TemplateError(f"{name} has a statement whose actions are not written out: {body}")


def role_named(template: Template, name: str, reference: Any) -> str:
    """The logical id of a role that a policy says it belongs to."""
    role = reference.get("Ref") if isinstance(reference, dict) else None
    if role not in template["Resources"] or template["Resources"][role].get("Type") != "AWS::IAM::Role":
        raise TemplateError(f"{name} belongs to a role that is not one of the template's: {reference}")
    return str(role)


def documents(name: str, node: Any) -> Iterator[Template]:
    """Every policy document inside a resource. One that is written as text is refused."""
    if isinstance(node, str) and WRITTEN_AS_TEXT.search(node):
        raise TemplateError(f"{name} has a policy that is written as text; write it out")
    if isinstance(node, dict) and "Fn::Transform" in node:
        raise TemplateError(f"{name} is completed by a macro, and what that writes cannot be read from this template")
    if isinstance(node, dict) and ("Statement" in node or "Principal" in node):
        yield {"Statement": node.get("Statement", node)}
        return
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from documents(name, item)


def principals(template: Template, name: str, body: Template) -> list[str]:
    """The roles of the template that a resource's statement names; services that act for the stack are none."""
    principal = body.get("Principal")
    if not isinstance(principal, dict) or len(principal) != 1:
        raise TemplateError(f"{name} grants to {principal}, which is not a role of the template or a service of AWS")
    kind, named = next(iter(principal.items()))
    if kind == "Service" and bound(template, body):
        return []
    if template["Resources"][name]["Type"] == KEY and principal == ACCOUNT:
        return []  # it lets policies of roles grant, and those are read where they are
    roles = [role_of_arn(template, each) for each in listed(named)]
    if kind != "AWS" or None in roles:
        raise TemplateError(f"{name} grants to {principal}, which is not a role of the template or bound to its own")
    return [str(role) for role in roles]


def bound(template: Template, body: Template) -> bool:
    """Whether a service may use a statement only on behalf of one resource of the template (aws:SourceArn)."""
    sources = [
        value
        for operator, tests in (body.get("Condition") or {}).items()
        if operator in ("ArnEquals", "ArnLike", "StringEquals")
        for key, values in tests.items()
        if key.lower() == "aws:sourcearn"
        for value in listed(values)
    ]
    return bool(sources) and all(arn_of(source) in template["Resources"] for source in sources)


def role_of_arn(template: Template, value: Any) -> str | None:
    """The role whose ARN a value is."""
    name = arn_of(value)
    return name if template["Resources"].get(name, {}).get("Type") == "AWS::IAM::Role" else None


def arn_of(value: Any) -> str | None:
    """The logical id of the resource whose ARN a value is."""
    match value:
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
    return None


def itself(name: str, body: Template, key: bool) -> Any:
    """The resource that a resource's own policy speaks of. In the policy of a key, * is the key."""
    if body.get("Resource") == "*" and key:
        return {"Fn::GetAtt": [name, "Arn"]}
    return body.get("Resource", {"Fn::GetAtt": [name, "Arn"]})


def referred(template: Template) -> set[str]:
    """The managed policies that roles take, or are bounded by."""
    roles = [
        block.get("Properties") or {} for block in template["Resources"].values() if block["Type"].endswith("::Role")
    ]
    references = [
        reference
        for role in roles
        for reference in [*listed(role.get("ManagedPolicyArns") or []), role.get("PermissionsBoundary")]
    ]
    return {str(reference["Ref"]) for reference in references if isinstance(reference, dict) and "Ref" in reference}


def listed(value: Any) -> list[Any]:
    """A value, or the values of a list."""
    return value if isinstance(value, list) else [value]

"""What the functions did, held against what their roles grant: nothing missing, nothing to spare."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local.template.source import TemplateError
from tools.roles import Grant, functions, grants, limits, resource_name, role_of
from tools.statements import Template, statements

# What Lambda itself does with a function's role, in calls that no test of ours can see: it writes the log.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
OF_LAMBDA = ("logs:CreateLogStream", "logs:PutLogEvents")
# Granted only under a parameter that is off here. With a key of one's own DynamoDB calls KMS in the caller's name.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
CUSTOMER_KEY = "if CustomerKey"
SIGN_IN = "if SignInOn"  # tests/deployed/test_with_sign_in.py has a stack with it
TWO_REGIONS, HEALTH = "if TwoRegions", "if HealthOn"  # tests/proofs/regions has two Regions
# Lambda itself connects a function to a network, and a cache needs one. The emulated AWS connects nothing.
IN_A_NETWORK = ("if InNetwork", "if CacheOn")  # tests/proofs/cache and tests/template/test_network.py have both
NEVER = (CUSTOMER_KEY, *IN_A_NETWORK)  # no stack of these tests has them
NO_SIGN_IN = (*NEVER, SIGN_IN)  # and most have no sign-in
UNSEEN = (
    *NEVER,
    SIGN_IN,
    "if BulkOn",
    "if EventsOn",
    "if GradualOn",  # tests/proofs/releases shows what it does; the emulated AWS has no CodeDeploy
    "if MailOn",
    "if NoticesOn",
    "if PicturesOn",
    "if WebhooksOn",
    "if LiveOn",
    "if SearchOn",
    TWO_REGIONS,
    HEALTH,
)
OBJECTS = re.compile(r"\w+/[\w-]+/\*")  # objects of a bucket under one prefix: nothing narrower exists
OF_POLLING = {  # by the attribute of the source
    "Arn": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "StreamArn": (
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:DescribeStream",
        "dynamodb:ListStreams",
    ),
}
LEADING_KEYS = "dynamodb:LeadingKeys "


@dataclass(frozen=True)
class Use:
    """A function did an action on a resource, naming these partition keys; ids are logical."""

    function: str
    action: str
    resource: str
    keys: frozenset[str] = frozenset()


def complaints(template: Template, uses: Iterable[Use], unseen: tuple[str, ...] = UNSEEN) -> list[str]:
    """Everything that is wrong between a transformed template and what its functions did.

    Grants under the conditions `unseen` count as if they were not there: those options are off.
    """
    try:
        everything = grants(template)
    except TemplateError as error:
        return [str(error)]
    granted = seen(everything, unseen)
    used = {*uses, *uses_of_lambda(template, unseen)}
    missing = {f"{use.function} lacks {use.action} on {use.resource}" for use in used if not covered(use, granted)}
    idle = {f"{named(grant)}, which nothing used" for grant in granted if not any(covers(grant, use) for use in used)}
    wild = {
        f"{named(grant)}, a wildcard" for grant in everything if "*" in grant.action + OBJECTS.sub("", grant.resource)
    }
    return sorted(missing | idle | wild)


def seen(everything: Iterable[Grant], unseen: tuple[str, ...]) -> list[Grant]:
    """The grants that count in a stack where the options `unseen` are off."""
    return [grant for grant in everything if not any(each in grant.when for each in unseen)]


def named(grant: Grant) -> str:
    """A grant in words."""
    return f"{grant.function} is granted {grant.action} on {grant.resource}"


def uses_of_lambda(template: Template, unseen: tuple[str, ...] = UNSEEN) -> set[Use]:
    """What Lambda does for each function that is there: on its log group, and on the sources that it polls.

    Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html and
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    """
    there = {
        name: block for name, block in template["Resources"].items() if f"if {block.get('Condition')}" not in unseen
    }
    polled = {
        Use(block["Properties"]["FunctionName"]["Ref"], action, name_of_source(block))
        for block in there.values()
        if block["Type"] == "AWS::Lambda::EventSourceMapping"
        for action in OF_POLLING[block["Properties"]["EventSourceArn"]["Fn::GetAtt"][1]]
    }
    set_aside = {  # with the function's role, what it could not handle
        Use(block["Properties"]["FunctionName"]["Ref"], "sqs:SendMessage", failed["Destination"]["Fn::GetAtt"][0])
        for block in there.values()
        if block["Type"] == "AWS::Lambda::EventSourceMapping"
        and (failed := block["Properties"].get("DestinationConfig", {}).get("OnFailure"))
    }
    return (
        polled
        | set_aside
        | {
            Use(name, action, block["Properties"]["LoggingConfig"]["LogGroup"]["Ref"])
            for name, block in functions(template)
            if name in there
            for action in OF_LAMBDA
        }
    )


def name_of_source(block: Template) -> str:
    """The source of a mapping, as a grant names it."""
    name, attribute = block["Properties"]["EventSourceArn"]["Fn::GetAtt"]
    return f"{name}.{attribute}" if attribute == "StreamArn" else str(name)


def covered(use: Use, granted: list[Grant]) -> bool:
    """Whether the role allows it."""
    return any(covers(grant, use) for grant in granted)


def covers(grant: Grant, use: Use) -> bool:
    """Whether one grant allows one use."""
    same = (grant.function, grant.action, grant.resource) == (use.function, use.action, use.resource)
    if LEADING_KEYS not in grant.when:
        return same
    patterns = grant.when.split(LEADING_KEYS)[1].split(" or ")
    return same and all(any(fnmatchcase(key, pattern) for pattern in patterns) for key in use.keys)


def without(template: Template, grant: Grant) -> Template:
    """The template with one action less."""
    return changed(template, grant, lambda statement: statement["Action"].remove(grant.action))


def changed(template: Template, grant: Grant, change: Any) -> Template:
    """A copy of the template with the statement of one grant changed."""
    result = copy.deepcopy(template)
    for block in result["Resources"].values():
        if block["Type"] == "AWS::IAM::Policy":
            document = block["Properties"]["PolicyDocument"]
            document["Statement"] = [each for it in document["Statement"] for each in one_for_each_resource(it)]
    role = role_of(grant.function, result["Resources"][grant.function])
    for statement in statements(result):
        if statement.role != role or grant.action not in statement.body["Action"]:
            continue
        when = ", ".join([*statement.when, *limits(statement.body)])
        if (resource_name(result, role, statement.body["Resource"]), when) == (grant.resource, grant.when):
            change(statement.body)
            return result
    raise AssertionError(f"no statement grants {grant}")


def one_for_each_resource(statement: Any) -> list[Any]:
    """A statement of a policy, or one under a condition, as one for each of its resources."""
    if "Fn::If" in statement:
        condition, body, otherwise = statement["Fn::If"]
        return [{"Fn::If": [condition, each, copy.deepcopy(otherwise)]} for each in one_for_each_resource(body)]
    if not isinstance(statement.get("Resource"), list):
        return [statement]
    return [{**copy.deepcopy(statement), "Resource": each} for each in statement["Resource"]]

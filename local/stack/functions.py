"""The functions that the emulated AWS invokes, for queues, streams, schedules and the like.

It knows their names, times and triggers; their code runs on the local host (`invocations`), like that of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from local.template.functions import FUNCTION, name_of
from local.template.intrinsics import SUB, Resolver

MAPPING = "AWS::Lambda::EventSourceMapping"
ASYNCHRONOUS = "AWS::Lambda::EventInvokeConfig"
PERMISSION = "AWS::Lambda::Permission"
ALIAS = "AWS::Lambda::Alias"
NAMES = ("AWS::Lambda::Version", ALIAS)
LATEST = "$LATEST"
COPIED = ("Handler", "Runtime", "Role", "Timeout", "MemorySize", "Description")
MAPPING_DEFAULTS = {  # written out because ministack, when one leaves the template, keeps what it was
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionResponseTypes": [],
    "DestinationConfig": {},
    "ScalingConfig": {},
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
}
BATCH, STREAM_BATCH = 10, 100  # records at most, of a queue and of a stream

Blocks = dict[str, dict[str, Any]]


def to_create(resources: Blocks, callers: Blocks, resolver: Resolver) -> Blocks:
    """The Lambda resources that the emulated AWS is to have.

    `resources` are all whose condition holds, `callers` those of other services that it has. A function counts when
    one of them, a mapping or a permission names it, or when the REST API does not.
    """
    wiring = {name: for_ministack(block, resources) for name, block in resources.items() if is_wiring(block)}
    invoked = references([*callers.values(), *wiring.values()])
    for name, block in resources.items():
        if name in invoked and block["Type"] in NAMES:
            invoked |= references([block])  # an alias means its function
    served = references(block for block in resources.values() if block["Type"].startswith("AWS::ApiGateway::"))
    functions = {
        name: without_code(name, block, resolver)
        for name, block in resources.items()
        if block["Type"] == FUNCTION and (name in invoked or name not in served)
    }
    named = {
        name: for_ministack(block, resources)
        for name, block in resources.items()
        if block["Type"] in NAMES and references([block]) & functions.keys()
    }
    return with_dead_letters(resources, {**functions, **named, **wiring})


def is_wiring(block: Mapping[str, Any]) -> bool:
    """Whether a block lets something else than API Gateway invoke a function, or says how."""
    if block["Type"] == PERMISSION:
        return bool(block["Properties"].get("Principal") != "apigateway.amazonaws.com")
    return block["Type"] in (MAPPING, ASYNCHRONOUS)


def for_ministack(block: dict[str, Any], resources: Blocks) -> dict[str, Any]:
    """A block as ministack does with it what AWS would: there is one code, so all names of it are the function's own.

    ministack keeps the settings of asynchronous calls apart for each name, and a mapping at a name that has gone.
    """
    properties = block["Properties"]
    if block["Type"] == ALIAS:
        properties = {**properties, "FunctionVersion": LATEST}
        properties.pop("RoutingConfig", None)
    elif block["Type"] == ASYNCHRONOUS:
        properties = {**properties, "Qualifier": LATEST}
    elif block["Type"] == MAPPING:
        batch = STREAM_BATCH if "StartingPosition" in properties else BATCH
        defaults = {**MAPPING_DEFAULTS, "BatchSize": batch}
        written = {key: or_default(properties[key], default) for key, default in defaults.items() if key in properties}
        function = own_name(properties.get("FunctionName"), resources)
        properties = {**properties, **defaults, **written, "FunctionName": function}
    return {**block, "Properties": properties}


def or_default(value: Any, default: Any) -> Any:
    """A value, with the default in each place where there may be none."""
    match value:
        case {"Ref": "AWS::NoValue"}:
            return default
        case {"Fn::If": [condition, first, second]}:
            return {"Fn::If": [condition, or_default(first, default), or_default(second, default)]}
    return value


def own_name(reference: Any, resources: Blocks) -> Any:
    """The name that a mapping has for its function; for an alias or a version, the name in that."""
    match reference:
        case {"Ref": str(name)} if resources.get(name, {}).get("Type") in NAMES:
            return resources[name]["Properties"]["FunctionName"]
    return reference


def without_code(logical_id: str, block: Mapping[str, Any], resolver: Resolver) -> dict[str, Any]:
    """A function as the emulated AWS knows it: all but its code."""
    properties = block["Properties"]
    return {
        "Type": FUNCTION,
        "Properties": {
            **{key: properties[key] for key in COPIED if key in properties},
            "FunctionName": name_of(logical_id, {"FunctionName": resolver.value(properties.get("FunctionName"))}),
            "Code": {},  # with none, ministack has no way to run it itself
        },
    }


def with_dead_letters(resources: Blocks, blocks: Blocks) -> Blocks:
    """Dead-letter queues written as destinations: ministack's CloudFormation forgets the former."""
    found = dict(blocks)
    for name, block in blocks.items():
        target = resources[name]["Properties"].get("DeadLetterConfig") if block["Type"] == FUNCTION else None
        if not target:
            continue
        config = next((key for key, other in blocks.items() if configures(other, name)), f"{name}DeadLetters")
        properties = found.get(config, {}).get("Properties") or {"FunctionName": {"Ref": name}, "Qualifier": LATEST}
        destinations = {"OnFailure": {"Destination": target["TargetArn"]}, **properties.get("DestinationConfig", {})}
        found[config] = {"Type": ASYNCHRONOUS, "Properties": {**properties, "DestinationConfig": destinations}}
    return found


def configures(block: Mapping[str, Any], function: str) -> bool:
    """Whether a block says how a function is invoked asynchronously."""
    return block["Type"] == ASYNCHRONOUS and function in references([block])


def references(nodes: Iterable[Any]) -> set[str]:
    """The logical ids that parts of a template refer to."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            found |= referred(node)
    return found


def referred(node: Mapping[str, Any]) -> set[str]:
    """The reference of one node, if it is an intrinsic function that does."""
    match node:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::GetAtt": str(path)}:
            return {path.partition(".")[0]}
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            return {name.partition(".")[0] for mark, name in SUB.findall(text) if not mark}
    return set()

"""The shape that CloudFormation requires of every template: its sections, resources and intrinsic functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from local.template.source import LOOP, Key, Source, TemplateError, Trail

SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Metadata", "Globals", "Rules")
BODIES = ("Body", "DefinitionBody", "Definition", "InlineCode", "Metadata")  # may contain empty values
SERVERLESS = "AWS::Serverless::"
TRANSFORMS = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions", "AWS::Include")
INCLUDE = "Fn::Transform"
CONDITIONS = ("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition")
NUMBERS = ("MinLength", "MaxLength", "MinValue", "MaxValue")

Complaint = tuple[Trail, str]


def check_shape(source: Source) -> None:
    """Refuse what is no template. Raises TemplateError, with its line."""
    for trail, text in complaints(source.tree):
        raise TemplateError(f"{source.place(*trail)}: {text}")


def complaints(tree: dict[str, Any]) -> Iterator[Complaint]:
    """Everything that CloudFormation would refuse at once: its place and a sentence."""
    for section in SECTIONS:
        if section in tree and not isinstance(tree[section], dict):
            yield (section,), f"{section} is {kind(tree[section])}, but it has to be a mapping of names"
            return
    yield from transforms(tree)
    yield from local_parameters((tree.get("Metadata") or {}).get("LocalParameters", {}))
    yield from globals_of(tree.get("Globals") or {})
    for name, block in (tree.get("Parameters") or {}).items():
        yield from parameter(("Parameters", name), block)
    for trail, block in named(tree.get("Mappings") or {}, ("Mappings",)):
        yield from mapping(trail, block)
    for trail, written in named(tree.get("Conditions") or {}, ("Conditions",)):
        yield from condition(trail, written, f"the condition {trail[-1]}")
    for trail, block in named(tree.get("Resources") or {}, ("Resources",)):
        yield from resource(trail, block)
    for name, block in (tree.get("Outputs") or {}).items():
        if not isinstance(block, dict):
            yield ("Outputs", name), f"the output {name} is {kind(block)}, but it has to be a mapping with a Value"
    for section in ("Conditions", "Resources", "Outputs", "Globals"):
        yield from values((section,), tree.get(section) or {})


def kind(value: Any) -> str:
    """A value's type, in the words of YAML."""
    if value is None:
        return "empty"
    names = {dict: "a mapping", list: "a list", bool: "true or false", str: "text"}
    return names.get(type(value), "a number")


def transforms(tree: dict[str, Any]) -> Iterator[Complaint]:
    """The transforms, of which those of others run in their account only."""
    written = tree.get("Transform") or []
    for name in [written] if isinstance(written, str) else written if isinstance(written, list) else [None]:
        if name not in TRANSFORMS:
            what = f"the transform {name}" if isinstance(name, str) else "Transform"
            yield ("Transform",), f"{what} is not supported locally; {', '.join(TRANSFORMS[:2])} are"


def local_parameters(found: Any) -> Iterator[Complaint]:
    """The other defaults that parameters have locally."""
    if not isinstance(found, dict) or any(isinstance(value, dict | list) for value in found.values()):
        yield ("Metadata", "LocalParameters"), "LocalParameters has to be a mapping of names and values"


def globals_of(found: dict[str, Any]) -> Iterator[Complaint]:
    """The properties that resources share."""
    for name, block in found.items():
        if not isinstance(block, dict):
            yield ("Globals", name), f"{name} of Globals is {kind(block)}, but it has to be a mapping of properties"


def parameter(trail: Trail, block: Any) -> Iterator[Complaint]:
    """One parameter and its rules."""
    if not isinstance(block, dict):
        yield trail, f"the parameter {trail[-1]} is {kind(block)}, but it has to be a mapping with a Type"
        return
    for key, item in block.items():
        if key == "AllowedValues" and not isinstance(item, list):
            yield (*trail, key), f"{key} is {kind(item)}, but it has to be a list"
        elif key in NUMBERS and not re.fullmatch(r"-?\d+(\.\d+)?", str(item)):
            yield (*trail, key), f"{key} is {kind(item)}, but it has to be a number"
        elif key == "AllowedPattern" and not is_pattern(item):
            yield (*trail, key), f"{key} is not a regular expression"
        elif key != "AllowedValues" and (item is None or isinstance(item, dict | list)):
            yield (*trail, key), f"{key} is {kind(item)}, but a parameter has plain values only"


def is_pattern(text: Any) -> bool:
    """Whether a text is a regular expression that Python understands."""
    try:
        re.compile(text)
    except (re.error, TypeError):
        return False
    return True


def mapping(trail: Trail, block: Any) -> Iterator[Complaint]:
    """One map of Mappings: two levels of keys, and plain values."""
    keys: dict[Key, Any] = block if isinstance(block, dict) else {}
    if not keys or not all(isinstance(item, dict) for item in keys.values()):
        yield trail, f"the map {trail[-1]} has to be a mapping of keys, each of which is a mapping of keys and values"
        return
    for key, names in keys.items():
        for name, value in names.items():
            if any(isinstance(part, dict | None) for part in (value if isinstance(value, list) else [value])):
                text = f"{name} of the map {trail[-1]} has to be text or a list; Mappings take no functions"
                yield (*trail, key, name), text


def condition(trail: Trail, written: Any, what: str) -> Iterator[Complaint]:
    """One condition, and those inside it: a text such as "false" would be true."""
    name, argument = next(iter(written.items())) if isinstance(written, dict) and len(written) == 1 else ("", None)
    if name not in CONDITIONS:
        yield trail, f"{what} is not a condition; write one of {', '.join(CONDITIONS)}"
    elif name in CONDITIONS[:3] and isinstance(argument, list):
        for index, item in enumerate(argument):
            if not isinstance(item, bool):
                yield from condition((*trail, name, index), item, f"an argument of {name}")


def named(section: dict[str, Any], trail: Trail) -> Iterator[tuple[Trail, Any]]:
    """Every resource or condition with its place; those of loops are looked at when they are written out."""
    for name, block in section.items():
        if not name.startswith(LOOP) and name != INCLUDE:
            yield (*trail, name), block


def resource(trail: Trail, block: Any) -> Iterator[Complaint]:
    """One resource."""
    if not isinstance(block, dict):
        what = "has no Type" if block is None else f"is {kind(block)}, but it has to be a mapping with a Type"
        yield trail, f"{trail[-1]} {what}"
        return
    for key, wanted in (("Properties", dict), ("Metadata", dict), ("Type", str), ("Condition", str)):
        if key in block and not isinstance(block[key], wanted):
            yield (*trail, key), f"{key} of {trail[-1]} is {kind(block[key])}, but it has to be {kind(wanted())}"
            return
    needed = block.get("DependsOn", [])
    if not all(isinstance(name, str) for name in (needed if isinstance(needed, list) else [needed])):
        yield (*trail, "DependsOn"), f"DependsOn of {trail[-1]} has to be a name or a list of names"
    if str(block.get("Type")).startswith(SERVERLESS):
        yield from events((*trail, "Properties", "Events"), (block.get("Properties") or {}).get("Events", {}))


def events(trail: Trail, found: Any) -> Iterator[Complaint]:
    """The events of a function."""
    if not isinstance(found, dict):
        yield trail, f"Events is {kind(found)}, but it has to be a mapping of names"
        return
    for name, block in found.items():
        if not isinstance(block, dict) or not isinstance(block.get("Type"), str):
            yield (*trail, name), f"the event {name} has to be a mapping with a Type"
        elif not isinstance(block.get("Properties", {}), dict):
            yield (*trail, name, "Properties"), f"Properties of the event {name} has to be a mapping"


def values(trail: Trail, value: Any, *, empty: bool = False) -> Iterator[Complaint]:
    """Wrong intrinsic functions anywhere below, and empty values unless they may be."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from values((*trail, index), item, empty=empty)
    elif isinstance(value, dict):
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            yield from function(trail, name, argument)
        for key, item in value.items():
            yield from values((*trail, key), item, empty=empty or key in BODIES)
    elif value is None and not empty:
        yield trail, f"{trail[-1]} has no value, which CloudFormation rejects; give it one or remove it"


def function(trail: Trail, name: str, argument: Any) -> Iterator[Complaint]:
    """One intrinsic function: whether there is such a one, and the shape of its argument."""
    if name == INCLUDE:
        macro = argument.get("Name") if isinstance(argument, dict) else None
        if macro not in TRANSFORMS:
            yield (*trail, name), f"the transform {macro} is not supported locally; AWS::Include is"
    elif name in ARGUMENTS:
        wanted, fits = ARGUMENTS[name]
        if not fits(argument):
            yield (*trail, name), f"{name} takes {wanted}"
    elif name.startswith("Fn::") and not name.startswith(LOOP) and name not in OTHERS:
        yield (*trail, name), f"there is no intrinsic function {name}, or it is not supported locally"


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_list(*lengths: int) -> Callable[[Any], bool]:
    """A test for a list of one of these lengths."""
    return lambda value: isinstance(value, list) and len(value) in lengths


def named_list(*lengths: int) -> Callable[[Any], bool]:
    """A test for such a list whose first item is a name."""
    return lambda value: isinstance(value, list) and len(value) in lengths and isinstance(value[0], str)


def is_attribute(value: Any) -> bool:
    """A resource and its attribute, in one of the two forms of Fn::GetAtt."""
    return ("." in value.strip(".")) if isinstance(value, str) else is_list(2)(value)


def is_substitution(value: Any) -> bool:
    """The text of Fn::Sub, alone or with its values."""
    return is_text(value) or (named_list(2)(value) and isinstance(value[1], dict))


# By intrinsic function: the words for its argument, and the test of it.
ARGUMENTS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Ref": ("the name of a parameter or a resource", is_text),
    "Condition": ("the name of a condition", is_text),
    "Fn::GetAtt": ("a resource and its attribute, such as Table.Arn", is_attribute),
    "Fn::Sub": ("a text, or a list of a text and a mapping", is_substitution),
    "Fn::If": ("a condition and two values", named_list(3)),
    "Fn::Join": ("a separator and a list", named_list(2)),
    "Fn::Select": ("an index and a list", is_list(2)),
    "Fn::Split": ("a separator and a text", named_list(2)),
    "Fn::FindInMap": ("a map and two keys", is_list(3, 4)),
    "Fn::Equals": ("two values", is_list(2)),
    "Fn::And": ("two to ten conditions", is_list(*range(2, 11))),
    "Fn::Or": ("two to ten conditions", is_list(*range(2, 11))),
    "Fn::Not": ("a list of one condition", is_list(1)),
}
OTHERS = ("Fn::ImportValue", "Fn::Base64", "Fn::GetAZs", "Fn::Length", "Fn::ToJsonString", INCLUDE)

"""The parameters of a template: as given, held against what it allows, or their defaults."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from local.template.source import Source, TemplateError

STORED = "AWS::SSM::Parameter::Value<"


def parse_parameters(text: str) -> dict[str, str]:
    """'Name=value Name=value' as a dictionary; a value with spaces is in quotes. Raises TemplateError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise TemplateError(f'PARAMETERS cannot be read ({error}); write "Name=value Name=value"') from error
    pairs = [word.partition("=") for word in words]
    for name, equal, _ in pairs:
        if not (name and equal):
            raise TemplateError(f"PARAMETERS has '{name}', which is not Name=value; write \"Name=value Name=value\"")
    return {name: value for name, _, value in pairs}


def parameter_values(source: Source, given: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter's value: as given, or its default. Raises TemplateError for what CloudFormation would refuse."""
    declared: dict[str, Any] = source.tree.get("Parameters") or {}
    for name in given:
        if name not in declared and ":" not in name:  # with a colon, it is the name of a dynamic reference
            known = ", ".join(sorted(declared)) or "none"
            raise TemplateError(f"{source.path.name} has no parameter '{name}'; it has {known}")
    values: dict[str, Any] = {}
    for name, block in declared.items():
        if name not in given and "Default" not in block:
            raise TemplateError(
                f"the parameter '{name}' ({source.place('Parameters', name)}) has no default; "
                f'give it with PARAMETERS="{name}=..."'
            )
        value = given[name] if name in given else block["Default"]
        check_parameter(source, name, block, text(value))
        if is_stored(block):
            value = stored_value(source, name, text(value), given)
        values[name] = text(value).split(",") if is_list(block) else text(value)
    return values


def without_stored(source: Source, given: Mapping[str, str]) -> dict[str, str]:
    """The given values without those of the parameter store."""
    declared: dict[str, Any] = source.tree.get("Parameters") or {}
    return {name: value for name, value in given.items() if name in declared and not is_stored(declared[name])}


def is_list(block: Mapping[str, Any]) -> bool:
    """Whether a parameter's value is a list."""
    kind = str(block.get("Type", "String"))
    kind = kind.removeprefix(STORED)
    return kind.startswith(("CommaDelimitedList", "List<"))


def is_stored(block: Mapping[str, Any]) -> bool:
    """Whether a parameter's value is the name of one in the parameter store, which has the value."""
    return str(block.get("Type")).startswith(STORED)


def stored_value(source: Source, name: str, key: str, given: Mapping[str, str]) -> str:
    """The value of a parameter of the parameter store, which CloudFormation reads before it creates anything."""
    if (found := given.get(f"ssm:{key}")) is not None:
        return found
    raise TemplateError(
        f"the parameter '{name}' ({source.place('Parameters', name)}) is the name of one in the parameter store; "
        f'give the value with PARAMETERS="ssm:{key}=..."'
    )


def text(value: Any) -> str:
    """A default as CloudFormation reads it: everything is text."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def check_parameter(source: Source, name: str, block: Mapping[str, Any], value: str) -> None:
    """Hold a value against what the parameter allows."""
    reason = refusal(block, value)
    if reason:
        place = source.place("Parameters", name)
        raise TemplateError(f"the parameter {name}={value} breaks the rule at {place}: {reason}")


def refusal(block: Mapping[str, Any], value: str) -> str | None:
    """Why CloudFormation would refuse a parameter's value, or None."""
    allowed = [text(item) for item in block.get("AllowedValues") or []]
    if allowed and value not in allowed:
        return f"it must be one of {', '.join(item or '(empty)' for item in allowed)}"
    pattern = block.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        return str(block.get("ConstraintDescription") or f"it must match {pattern}")
    if len(value) < int(block.get("MinLength", 0)):
        return f"it must have at least {block['MinLength']} characters"
    if "MaxLength" in block and len(value) > int(block["MaxLength"]):
        return f"it must have at most {block['MaxLength']} characters"
    return number_refusal(block, value) if block.get("Type") == "Number" else None


def number_refusal(block: Mapping[str, Any], value: str) -> str | None:
    """Why a Number parameter's value would be refused, or None."""
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", value, re.ASCII):
        return "it must be a number"
    if "MinValue" in block and float(value) < float(block["MinValue"]):
        return f"it must be at least {block['MinValue']}"
    if "MaxValue" in block and float(value) > float(block["MaxValue"]):
        return f"it must be at most {block['MaxValue']}"
    return None

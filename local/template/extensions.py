"""AWS::LanguageExtensions that must be done before the SAM transform: Fn::ForEach.

The others (Fn::Length, Fn::ToJsonString, intrinsic functions in DeletionPolicy) wait for `local.intrinsics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXTENSIONS = "AWS::LanguageExtensions"


def expand(tree: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The template with its loops written out; `values` are the parameters' values."""
    transforms = tree.get("Transform") or []
    names = [transforms] if isinstance(transforms, str) else list(transforms)
    if EXTENSIONS not in names:
        return tree
    tree["Transform"] = [name for name in names if name != EXTENSIONS]
    return dict(expanded(tree, values, {}))


def expanded(value: Any, values: Mapping[str, Any], names: Mapping[str, str]) -> Any:
    """`value` with loops written out and `${Name}` of the loops around it replaced."""
    if isinstance(value, str):
        return filled(value, names)
    if isinstance(value, list):
        return [expanded(item, values, names) for item in value]
    if not isinstance(value, dict):
        return value
    if names and isinstance(value.get("Fn::Sub"), str) and "${" not in filled(value["Fn::Sub"], names):
        return filled(value["Fn::Sub"], names)  # nothing is left for Fn::Sub; a GetAtt of it needs plain text
    found: dict[str, Any] = {}
    for key, item in value.items():
        if key.startswith("Fn::ForEach::"):
            found.update(loop(item, values, names))
        elif key == "Ref" and item in names:
            return names[item]
        else:
            found[filled(key, names)] = expanded(item, values, names)
    return found


def loop(argument: list[Any], values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """One Fn::ForEach: [name, items, body], the body once for each item."""
    name, items, body = argument
    if isinstance(items, dict) and "Ref" in items:
        items = values[items["Ref"]]
    found: dict[str, Any] = {}
    for item in items:
        found.update(expanded(body, values, {**names, name: str(item)}))
    return found


def filled(text: str, names: Mapping[str, str]) -> str:
    """`${Name}` and `&{Name}` (letters and digits only) replaced by the loop's item."""
    for name, item in names.items():
        text = text.replace("${" + name + "}", item)
        text = text.replace("&{" + name + "}", "".join(c for c in item if c.isalnum()))
    return text

"""Operations on values in a mapping template: operators, fields, and the methods of Java's types."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

UNKNOWN = object()  # the value of a name that was never set


class VtlError(Exception):
    """A template that cannot be compiled or rendered; its text says why."""


def java_text(value: Any) -> str:
    """A value inside text, as Java writes it."""
    if value is None or value is UNKNOWN:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_text(item) for item in value) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def plus(a: Any, b: Any) -> Any:
    """Numbers are added, anything else is joined."""
    if isinstance(a, str) or isinstance(b, str):
        return java_text(a) + java_text(b)
    return a + b


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: (
        a == b
        if type(a) is type(b) or (isinstance(a, int | float) and isinstance(b, int | float))
        else java_text(a) == java_text(b)
    ),
    "!=": lambda a, b: not OPERATORS["=="](a, b),
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "+": plus,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b if isinstance(a, int) and isinstance(b, int) else a / b,
    "%": lambda a, b: a % b,
}


def truth(value: Any) -> bool:
    """Whether #if takes a value for true: all values except false and empty ones."""
    return value is not None and value is not UNKNOWN and value is not False and value != ""


def member(value: Any, key: Any) -> Any:
    """A field of a map, an item of a list, an attribute that an object offers to templates."""
    if isinstance(value, dict):
        return value.get(java_text(key) if not isinstance(key, str) else key)
    if isinstance(value, list):
        return value[key] if isinstance(key, int) and -len(value) <= key < len(value) else None
    offered = getattr(value, "members", None)
    return offered.get(key) if isinstance(offered, dict) else None


def call(value: Any, method: str, arguments: list[Any]) -> Any:
    """A method: of an object that offers it to templates, or of Java's types."""
    offered = getattr(value, "methods", None)
    if isinstance(offered, dict):
        found = offered.get(method)
    else:
        found = METHODS.get((kind(value), method)) or METHODS.get(("any", method))
        if found:
            return found(value, *arguments)
    if found is None:
        raise VtlError(f"the method {method} is not supported")
    return found(*arguments)


def kind(value: Any) -> str:
    """The Java type of a value."""
    return (
        "text"
        if isinstance(value, str)
        else "list"
        if isinstance(value, list)
        else "map"
        if isinstance(value, dict)
        else "any"
    )


def put(target: dict[str, Any], key: Any, value: Any) -> Any:
    """Map.put"""
    before = target.get(java_text(key))
    target[java_text(key)] = value
    return before


def add(target: list[Any], item: Any) -> bool:
    """List.add"""
    target.append(item)
    return True


def entries(target: dict[str, Any]) -> list[dict[str, Any]]:
    """Map.entrySet"""
    return [{"key": key, "value": value} for key, value in target.items()]


METHODS: dict[tuple[str, str], Callable[..., Any]] = {
    ("any", "toString"): java_text,
    ("any", "equals"): lambda v, other: v == other,
    ("text", "length"): len,
    ("text", "isEmpty"): lambda v: not v,
    ("text", "contains"): lambda v, part: part in v,
    ("text", "startsWith"): str.startswith,
    ("text", "endsWith"): str.endswith,
    ("text", "equalsIgnoreCase"): lambda v, other: v.lower() == java_text(other).lower(),
    ("text", "indexOf"): str.find,
    ("text", "replace"): lambda v, old, new: v.replace(old, new),
    ("text", "replaceAll"): lambda v, pattern, new: re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", new), v),
    ("text", "matches"): lambda v, pattern: re.fullmatch(pattern, v) is not None,
    ("text", "split"): lambda v, pattern: re.split(pattern, v),
    ("text", "substring"): lambda v, begin, end=None: v[begin:end],
    ("text", "toLowerCase"): str.lower,
    ("text", "toUpperCase"): str.upper,
    ("text", "trim"): str.strip,
    ("list", "size"): len,
    ("list", "isEmpty"): lambda v: not v,
    ("list", "get"): member,
    ("list", "contains"): lambda v, item: item in v,
    ("list", "add"): add,
    ("map", "size"): len,
    ("map", "isEmpty"): lambda v: not v,
    ("map", "get"): member,
    ("map", "put"): put,
    ("map", "containsKey"): lambda v, key: key in v,
    ("map", "keySet"): list,
    ("map", "values"): lambda v: list(v.values()),
    ("map", "entrySet"): entries,
}

"""A REST API as its definition says it: which method of which resource answers, and how."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH")
ANY = "x-amazon-apigateway-any-method"
FUNCTION = re.compile(r"/functions/(?P<arn>[^/]+)/invocations$")
VARIABLE = re.compile(r"\{[^{}+]+\+?\}")
GATEWAY_ID = 10  # letters and digits in the ids that API Gateway gives out


@dataclass(frozen=True)
class Method:
    """One method of one resource: `block` is its part of the definition, `integration` its backend."""

    resource: str
    verb: str  # "ANY" for the one that takes what no other does
    block: Mapping[str, Any]
    integration: Mapping[str, Any]
    trail: tuple[Any, ...]  # its place in the definition

    @property
    def function_arn(self) -> str | None:
        """The function that a Lambda proxy integration calls."""
        found = FUNCTION.search(str(self.integration.get("uri", "")))
        return found["arn"] if found else None


@dataclass
class Resource:
    """One path of the API and its methods."""

    path: str
    id: str
    methods: dict[str, Method] = field(default_factory=dict)

    def method(self, verb: str) -> Method | None:
        """The method for a verb; ANY takes every verb without its own method."""
        return self.methods.get(verb) or self.methods.get("ANY")


class PathError(Exception):
    """A path that API Gateway refuses; `trail` is its place in the definition."""

    def __init__(self, trail: tuple[Any, ...], text: str) -> None:
        super().__init__(text)
        self.trail = trail


class Node:
    """One segment in the tree of paths."""

    def __init__(self) -> None:
        self.fixed: dict[str, Node] = {}
        self.variable: tuple[str, Node] | None = None
        self.greedy: tuple[str, Resource] | None = None
        self.resource: Resource | None = None


class Router:
    """Finds the resource of a path: a fixed segment wins over {variable}, that over {greedy+}."""

    def __init__(self, resources: list[Resource]) -> None:
        self.root = Node()
        for resource in resources:
            self.add(resource)

    def add(self, resource: Resource) -> None:
        """Hang one resource into the tree."""
        node = self.root
        for segment in segments(resource.path):
            if segment.startswith("{") and segment.endswith("+}"):
                node.greedy = (segment[1:-2], resource)
                return
            if segment.startswith("{"):
                if node.variable is None:
                    node.variable = (segment[1:-1], Node())
                node = node.variable[1]
            else:
                node = node.fixed.setdefault(segment, Node())
        node.resource = resource

    def match(self, path: str) -> tuple[Resource, dict[str, str]] | None:
        """The resource of a raw path and its path parameters, as sent (not decoded). A slash at the end is ignored."""
        return self.descend(self.root, segments(path.rstrip("/")), {})

    def descend(self, node: Node, rest: list[str], found: dict[str, str]) -> tuple[Resource, dict[str, str]] | None:
        """Look below one node for what is left of the path."""
        if not rest:
            return (node.resource, found) if node.resource else None
        head, *tail = rest
        if head in node.fixed and (match := self.descend(node.fixed[head], tail, found)):
            return match
        if node.variable and head:
            name, child = node.variable
            if match := self.descend(child, tail, {**found, name: head}):
                return match
        if node.greedy:
            name, resource = node.greedy
            return resource, {**found, name: "/".join(rest)}
        return None


def segments(path: str) -> list[str]:
    """The parts of a path between its slashes; several slashes at the start count as one."""
    stripped = path.lstrip("/")
    return stripped.split("/") if stripped else []


def resources(definition: Mapping[str, Any]) -> list[Resource]:
    """Every resource of an OpenAPI or Swagger definition. Raises PathError."""
    found: dict[str, Resource] = {}
    for path, block in (definition.get("paths") or {}).items():
        name = resource_path(path)
        resource = found.setdefault(name, Resource(name, made_up_id(name, 6)))
        for method in methods(name, path, block):
            if method.verb in resource.methods:
                raise PathError(method.trail, f"{method.verb} {path} is the method {method.verb} {name} a second time")
            resource.methods[method.verb] = method
    check_paths(definition)
    return list(found.values())


def resource_path(path: str) -> str:
    """The path of a resource: API Gateway leaves out a slash at the end, in a definition as in a request."""
    return path.rstrip("/") or "/"


def methods(name: str, path: str, block: Mapping[str, Any]) -> Iterator[Method]:
    """The methods that a definition writes under one path."""
    for key, operation in block.items():
        verb = "ANY" if key == ANY else key.upper()
        if verb == "ANY" or verb in METHODS:
            integration = operation.get("x-amazon-apigateway-integration") or {}
            yield Method(name, verb, operation, integration, ("paths", path, key))


def check_paths(definition: Mapping[str, Any]) -> None:
    """Refuse the paths that API Gateway refuses. Raises PathError."""
    variables: dict[tuple[str, ...], str] = {}  # by the segments before
    for path in definition.get("paths") or {}:
        parts = segments(resource_path(path))
        for place, part in enumerate(parts):
            if reason := segment_refusal(part, last=place == len(parts) - 1):
                raise PathError(("paths", path), f"the path {path} {reason}")
            if not part.startswith("{"):
                continue
            before = variables.setdefault(tuple(parts[:place]), part)
            if before != part:
                text = f"{path} has {part} where another path has {before}; API Gateway allows one variable in a place"
                raise PathError(("paths", path), f"{text}, so give both the same name")


def segment_refusal(part: str, *, last: bool) -> str:
    """Why API Gateway refuses one segment of a path; empty if it does not."""
    if "{" not in part and "}" not in part:
        return ""
    if not VARIABLE.fullmatch(part):
        return f"has the segment '{part}'; API Gateway allows a whole segment as a variable, such as {{name}}"
    return "" if last or not part.endswith("+}") else f"goes on after {part}, which has to be its end"


def made_up_id(text: str, length: int = GATEWAY_ID) -> str:
    """An id like those of API Gateway, always the same for the same text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    while len(found) < length:
        number, digit = divmod(number, 36)
        found += letters[digit]
    return found

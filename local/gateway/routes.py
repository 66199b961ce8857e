"""A REST API as its definition says it: which method of which resource answers, and how."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH")
ANY = "x-amazon-apigateway-any-method"
FUNCTION = re.compile(r"/functions/(?P<arn>[^/]+)/invocations$")
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
    """Every resource of an OpenAPI or Swagger definition."""
    found = []
    for path, block in (definition.get("paths") or {}).items():
        resource = Resource(path, made_up_id(path, 6))
        for key, operation in block.items():
            verb = "ANY" if key == ANY else key.upper()
            if verb == "ANY" or verb in METHODS:
                integration = operation.get("x-amazon-apigateway-integration") or {}
                resource.methods[verb] = Method(path, verb, operation, integration, ("paths", path, key))
        found.append(resource)
    return found


def made_up_id(text: str, length: int = GATEWAY_ID) -> str:
    """An id like those of API Gateway, always the same for the same text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    while len(found) < length:
        number, digit = divmod(number, 36)
        found += letters[digit]
    return found

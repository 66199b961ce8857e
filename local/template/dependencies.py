"""A resource waits for the resources that it refers to, and for those of its DependsOn.

CloudFormation evaluates the conditions first. A resource whose condition is false, and the branch of an Fn::If that is
not taken, wait for nothing. A template in which resources wait for each other, or for one that is not created, is
refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.template.intrinsics import SUB, Resolver
from local.template.source import Source, TemplateError, Trail

GLOBALS: dict[str, Trail] = {
    f"AWS::Serverless::{name}": ("Globals", name) for name in ("Function", "Api", "HttpApi", "SimpleTable")
}


@dataclass(frozen=True)
class Need:
    """A reference to a resource, as it is written (Table.Arn), and its place."""

    written: str
    trail: Trail

    @property
    def name(self) -> str:
        """The resource."""
        return self.written.partition(".")[0]


def check_dependencies(resolver: Resolver, source: Source) -> None:
    """Refuse a transformed template whose resources cannot be created in any order. Raises TemplateError."""
    check_conditions(resolver, source)
    graph = {name: list(needs_of(resolver, name)) for name in resolver.template.get("Resources") or {}}
    for name, needs in graph.items():
        for need in needs:
            check_exists(resolver, source, name, need)
    for need in outputs(resolver):
        check_created(resolver, source, need)
    there = {name: {need.name: need for need in reversed(needs)} for name, needs in graph.items()}
    if circle := shortest_circle({name: set(needs) for name, needs in there.items()}):
        edges = [there[name][other] for name, other in zip(circle, circle[1:] + circle[:1], strict=True)]
        raise TemplateError(circle_message(source, circle, edges))


def check_conditions(resolver: Resolver, source: Source) -> None:
    """Refuse conditions that CloudFormation cannot evaluate first, used or not."""
    known = resolver.template.get("Resources") or {}
    for name, written in (resolver.template.get("Conditions") or {}).items():
        for need in references(resolver, written, ("Conditions", name)):
            if need.name in known:
                raise TemplateError(
                    f"{place(source, need)}: the condition {name} refers to the resource {need.name}; a condition"
                    " can refer to parameters, mappings and other conditions only"
                )
        resolver.condition(name)


def check_exists(resolver: Resolver, source: Source, name: str, need: Need) -> None:
    """Refuse a DependsOn of what is not in the template, and a reference to what is not created."""
    if need.trail[2:3] != ("DependsOn",):
        check_created(resolver, source, need)
    elif need.name not in resolver.template["Resources"]:
        where = source.place("Resources", name, "DependsOn")
        raise TemplateError(f"{where}: {name} depends on '{need.name}', which is not a resource of the template")


def check_created(resolver: Resolver, source: Source, need: Need) -> None:
    """Refuse a reference to a resource whose condition is false. CloudFormation ignores it in a DependsOn only."""
    block = resolver.template["Resources"].get(need.name)
    if block is not None and not created(resolver, block):
        raise TemplateError(
            f"{place(source, need)}: it refers to {need.name}, which is not created because its condition"
            f" {block['Condition']} is false; put the reference into an Fn::If"
        )


def created(resolver: Resolver, block: Mapping[str, Any]) -> bool:
    """Whether a resource or an output has no condition, or one that holds."""
    return "Condition" not in block or resolver.condition(block["Condition"])


def outputs(resolver: Resolver) -> Iterator[Need]:
    """Every reference of the outputs."""
    for name, block in (resolver.template.get("Outputs") or {}).items():
        if created(resolver, block):
            yield from references(resolver, block, ("Outputs", name))


def needs_of(resolver: Resolver, name: str) -> Iterator[Need]:
    """Everything that a resource waits for."""
    block = resolver.template["Resources"][name]
    if not created(resolver, block):
        return
    written = block.get("DependsOn") or []
    for other in [written] if isinstance(written, str) else written:
        yield Need(other, ("Resources", name, "DependsOn"))
    yield from references(resolver, block, ("Resources", name))


def references(resolver: Resolver, value: Any, trail: Trail) -> Iterator[Need]:
    """Every reference in a part of the template, but for those in branches that are not taken."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(resolver, item, (*trail, index))
    elif isinstance(value, dict):
        match value:
            case {"Ref": str(name)} | {"Fn::GetAtt": str(name)} if len(value) == 1:
                yield Need(name, trail)
            case {"Fn::GetAtt": [str(name), attribute]} if len(value) == 1:
                yield Need(f"{name}.{attribute}", trail)
            case {"Fn::If": [str(condition), yes, no]} if len(value) == 1:
                yield from references(resolver, yes if resolver.condition(condition) else no, trail)
            case _:
                yield from substituted(value, trail)
                for key, item in value.items():
                    yield from references(resolver, item, (*trail, key))


def substituted(value: Mapping[str, Any], trail: Trail) -> Iterator[Need]:
    """The references in the text of Fn::Sub."""
    match value:
        case {"Fn::Sub": str(text)}:
            given: Mapping[str, Any] = {}
        case {"Fn::Sub": [str(text), dict(given)]}:
            pass
        case _:
            return
    for literal, name in SUB.findall(text):
        if not literal and name not in given:
            yield Need(name.strip(), trail)


def shortest_circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The resources of a circle, each waiting for the next; nothing if there is none."""
    circles = (path for name in graph if (path := way_back(graph, name)))
    return min(circles, key=len, default=[])


def way_back(graph: Mapping[str, set[str]], start: str) -> list[str]:
    """The shortest way from a resource to itself."""
    seen: set[str] = set()
    ways = deque([[start]])
    while ways:
        way = ways.popleft()
        if start in graph[way[-1]]:
            return way
        following = sorted(name for name in graph[way[-1]] if name in graph and name not in seen)
        seen.update(following)
        ways.extend([*way, name] for name in following)
    return []


def circle_message(source: Source, circle: list[str], edges: list[Need]) -> str:
    """One sentence about a circle. It begins at the reference that is easiest to find in the template."""
    first = min(range(len(edges)), key=lambda index: place_of(source, edges[index])[0])
    names = circle[first:] + circle[:first]
    what = "it waits for itself" if len(names) == 1 else "each waits for the next, and the last for the first"
    return (
        f"{place(source, edges[first])}: circular dependency between resources: [{', '.join(names)}]; "
        f"{what}: remove one of these references"
    )


def place(source: Source, need: Need) -> str:
    """The line of a reference."""
    return source.place(*place_of(source, need)[1])


def place_of(source: Source, need: Need) -> tuple[int, Trail]:
    """Where a reference is written, after a number: the higher, the less likely is this what the reader looks for."""
    for trail in (need.trail, tuple(key for key in need.trail if not str(key).startswith("Fn::"))):  # !Sub has no key
        if source.written(trail) in source.places:
            return 0, trail
        if shared := in_globals(source, trail):
            return 1, shared
    section, name = str(need.trail[0]), str(need.trail[1])
    written = source.tree.get(section) or {}
    makers = [other for other in written if name.startswith(other)]  # SAM puts its own words behind the name
    for maker in sorted(makers, key=len, reverse=True):
        if found := next(source.references(need.written, (section, maker)), None):
            return 2, found
    return (3 if source.event(need.trail) or name in written else 4), need.trail


def in_globals(source: Source, trail: Trail) -> Trail:
    """The place in the Globals that a property of a resource comes from; empty if it does not."""
    block = (source.tree.get(str(trail[0])) or {}).get(str(trail[1])) or {}
    found: Trail = (*GLOBALS.get(str(block.get("Type")), ()), *trail[3:])
    return found if found in source.places else ()

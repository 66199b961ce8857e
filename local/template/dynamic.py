"""Dynamic references, {{resolve:service:key}}: values that are kept outside the template.

PARAMETERS may give the value of one, by its name: `ssm:/app/table=people`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.template.source import Source, TemplateError, Trail

REFERENCE = re.compile(r"\{\{resolve:((?:ssm|ssm-secure|secretsmanager):[^{}]+)\}\}")
USED = ("AWS::Lambda::Function", "AWS::ApiGateway::")  # types that are read here; the emulated AWS reads the others

Lookup = Callable[[str], str | None]


def filled(node: Any, lookup: Lookup) -> Any:
    """A part of a template with its dynamic references replaced; those that `lookup` does not know stay."""
    if isinstance(node, dict):
        return {key: filled(item, lookup) for key, item in node.items()}
    if isinstance(node, list):
        return [filled(item, lookup) for item in node]
    if isinstance(node, str) and "{{resolve:" in node:
        return REFERENCE.sub(lambda found: value if (value := lookup(found[1])) is not None else found[0], node)
    return node


def complete(source: Source, resolved: dict[str, Any], lookup: Lookup) -> dict[str, Any]:
    """A resolved template with every dynamic reference replaced that is read here. Raises TemplateError for another."""
    found = dict(filled(resolved, lookup))
    for trail, name in left(found["Resources"]):
        raise TemplateError(
            f"{source.place('Resources', *trail)}: nothing here has the value of {{{{resolve:{name}}}}}; "
            f'give it with PARAMETERS="{name}=..."'
        )
    return found


def left(resources: Mapping[str, Any]) -> Iterator[tuple[Trail, str]]:
    """The dynamic references that are still there: place and name."""
    for logical_id, block in resources.items():
        if block["Type"].startswith(USED):
            yield from references((logical_id,), block)


def references(trail: Trail, node: Any) -> Iterator[tuple[Trail, str]]:
    """Every dynamic reference in a part of a template."""
    if isinstance(node, str):
        yield from ((trail, name) for name in REFERENCE.findall(node))
    elif isinstance(node, dict | list):
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            yield from references((*trail, key), item)

"""The stack under test, in the forms that rules look at: as written, transformed, and with parameters filled in."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, resolve, transformed

TEMPLATE = ROOT / "template.yaml"
METHODS = ("get", "put", "post", "patch", "delete", "options", "head", "trace")


@dataclass(frozen=True)
class Stack:
    """template.yaml with its includes read, what SAM makes of it, and what its parameters are by default."""

    written: dict[str, Any]
    transformed: dict[str, Any]
    defaults: dict[str, Any]

    @property
    def resources(self) -> dict[str, Any]:
        return dict(self.transformed["Resources"])

    @property
    def api(self) -> dict[str, Any]:
        """API Gateway's definition, that is api-gateway.yaml, with every capability on."""
        body = self.definition
        return {**body, "paths": {path: dig(item, "Fn::If", 1) or item for path, item in body["paths"].items()}}

    @property
    def definition(self) -> dict[str, Any]:
        """The same as it is written: a path may be there by condition."""
        return dict(self.resources["UsersApi"]["Properties"]["Body"])

    def of(self, kind: str) -> dict[str, Any]:
        """Properties of the resources of one type, by logical id."""
        return {name: block["Properties"] for name, block in self.resources.items() if block["Type"] == kind}

    def resolved(self, stack: str = "users-api", **parameters: str) -> dict[str, Any]:
        """The transformed template with nothing left to resolve."""
        return resolve(self.transformed, {**self.defaults, **parameters}, stack=stack)

    def operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(path, method, operation) of every method that the definition names."""
        return [
            (path, method, item[method])
            for path, item in self.api["paths"].items()
            for method in METHODS
            if method in item
        ]

    def copy(self) -> Stack:
        """One that may be spoilt."""
        return copy.deepcopy(self)


@cache
def _actual() -> Stack:
    source = read_template(TEMPLATE)
    return Stack(source.tree, transformed(source), parameter_values(source, {}))


def actual() -> Stack:
    """The project's own stack; a fresh copy each time."""
    return _actual().copy()


def contract() -> dict[str, Any]:
    """openapi.yaml; a fresh copy each time."""
    return dict(yaml.safe_load((ROOT / "openapi.yaml").read_text()))


def copy_files(folder: Path) -> None:
    """Copy the template and the files it includes."""
    for path in read_template(TEMPLATE).files:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())


def dig(value: Any, *keys: Any) -> Any:
    """A part far inside, or None where the way ends."""
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value

"""Reads a template all the way, as a start does, to find out whether it can be served."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import support
from local.functions import host
from local.gateway.access import security
from local.gateway.access.keys import Limits
from local.gateway.api import Api, read_api
from local.gateway.rest_api import Gateway
from local.stack.deploy import defaults, stack_template
from local.template.intrinsics import Resolver
from local.template.narrow import located
from local.template.parameters import parameter_values
from local.template.source import Source
from local.template.transform import resolve, transform, transformed


@dataclass(frozen=True)
class Examined:
    """A template that can be served: transformed, and with nothing left to resolve."""

    transformed: dict[str, Any]
    resolved: dict[str, Any]
    api: Api


def examined(source: Source, given: Mapping[str, str], ready: dict[str, Any] | None = None) -> Examined:
    """Everything a start reads of a template; `ready` is the transformed one, if there is one. Raises TemplateError."""
    with located(source, lambda other: read(other, given, transform(other, parameter_values(other, given)))):
        return read(source, given, ready or transformed(source, given))


def read(source: Source, given: Mapping[str, str], ready: dict[str, Any]) -> Examined:
    """The same; what has the wrong type raises whatever Python raises."""
    resolved = resolve(ready, parameter_values(source, given), source)
    api = read_api(resolved, source.place)
    support.refuse_unsupported(api)
    security.demands(api)
    functions = host.read_functions(source, resolved, "")
    with tempfile.TemporaryDirectory() as folder:
        limits = Limits(api, Path(folder) / "api-keys.json")
    Gateway(api, functions, limits, "", lambda *_: None)
    list(support.notes(api))
    stack_template(Resolver(ready, {**defaults(ready), **given}))
    return Examined(ready, resolved, api)

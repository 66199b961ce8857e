"""Reads a template all the way, as a start does, to find out whether it can be served."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import support
from local.functions import host
from local.gateway.access import security
from local.gateway.access.keys import Limits
from local.gateway.api import read_api
from local.gateway.rest_api import Gateway
from local.stack.deploy import defaults, stack_template
from local.template.intrinsics import Resolver
from local.template.narrow import located
from local.template.parameters import parameter_values
from local.template.source import Source
from local.template.transform import resolve, transform, transformed


def examine(source: Source, given: Mapping[str, str], ready: dict[str, Any] | None = None) -> None:
    """Read all that a start reads of a template; `ready` is the transformed one, if there is one.

    Raises TemplateError.
    """
    with located(source, lambda other: read(other, given, transform(other, parameter_values(other, given)))):
        read(source, given, ready or transformed(source, given))


def read(source: Source, given: Mapping[str, str], ready: dict[str, Any]) -> None:
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

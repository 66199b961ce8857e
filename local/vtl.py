"""Mapping templates: the part of the Velocity Template Language that mock integrations need."""

from __future__ import annotations

import re

from local.events import Exchange
from local.responses import Variables, shown

PARAMETER = re.compile(r"\$input\.params\(\s*['\"]([^'\"]+)['\"]\s*\)")


def render(template: str, exchange: Exchange, variables: Variables) -> str:
    """A template's text with its references replaced."""
    filled = PARAMETER.sub(lambda match: shown(parameter(exchange, match[1])), template)
    return variables.filled(filled)


def parameter(exchange: Exchange, name: str) -> str | None:
    """$input.params('name'): from the path, else the query, else the headers."""
    if name in exchange.path_parameters:
        return exchange.path_parameters[name]
    if name in exchange.query:
        return exchange.query[name][-1]
    return exchange.header(name.lower())

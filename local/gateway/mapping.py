"""The variables of mapping templates: $input, $util, $context, $stageVariables."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from local.gateway.events import Exchange
from local.gateway.responses import Variables
from local.gateway.vtl.expressions import Scope
from local.gateway.vtl.parser import compiled
from local.gateway.vtl.values import VtlError

STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]")
ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "'": "\\'",
    "/": "\\/",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}


@lru_cache(maxsize=256)
def compiled_template(text: str) -> Callable[[Scope], str]:
    """A compiled template, compiled once. Raises VtlError."""
    return compiled(text)


def render(text: str, exchange: Exchange, variables: Variables, body: str) -> tuple[str, dict[str, Any]]:
    """A template's text and what it sets in $context (responseOverride, for one). `body` is what $input speaks of."""
    context = copy.deepcopy(dict(variables.context))
    if "error" not in context:
        context["error"] = {}
    scope: Scope = {
        "input": Input(exchange, body),
        "util": Util(),
        "context": context,
        "stageVariables": dict(variables.stage_variables),
    }
    return compiled_template(text)(scope), context


class Input:
    """$input"""

    def __init__(self, exchange: Exchange, body: str) -> None:
        self.exchange, self.text = exchange, body
        self.members = {"body": body}

    @property
    def methods(self) -> dict[str, Callable[..., Any]]:
        """Made on use: kept, it would be a circle that holds the body until the collector comes."""
        return {"params": self.params, "path": self.path, "json": self.json}

    def params(self, name: str | None = None) -> Any:
        """One parameter (path, then query, then headers), or all of them by kind."""
        path, headers = self.exchange.path_parameters, self.exchange.headers
        query = {key: values[-1] for key, values in self.exchange.query.items()}
        if name is None:
            return {"path": dict(path), "querystring": query, "header": dict(headers)}
        for kind in (path, query, headers):
            if name in kind:
                return kind[name]
        return self.exchange.header(name.lower()) or ""

    def path(self, expression: str) -> Any:
        """The part of the body that a JSONPath names; empty text when there is none."""
        found = self.found(expression)
        return "" if found is None else found

    def json(self, expression: str) -> str:
        """The same as JSON text."""
        return json.dumps(self.found(expression) if self.text else {}, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def document(self) -> Any:
        """The body, parsed once for all that a template asks of it. Raises VtlError."""
        try:
            return json.loads(self.text) if self.text else None
        except ValueError as error:
            raise VtlError("the body is not JSON") from error

    def found(self, expression: str) -> Any:
        """Follow a JSONPath of fields and indices."""
        value = self.document
        if not expression.startswith("$") or STEP.sub("", expression[1:]):
            raise VtlError(f"the JSONPath {expression} is not supported; only fields and indices are")
        for name, index, quoted in STEP.findall(expression):
            if index:
                value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
            else:
                value = value.get(name or quoted) if isinstance(value, dict) else None
        return value


class Util:
    """$util"""

    def __init__(self) -> None:
        self.methods: dict[str, Callable[..., Any]] = {
            "escapeJavaScript": lambda text: "".join(ESCAPES.get(character, character) for character in str(text)),
            "parseJson": parse_json,
            "urlEncode": lambda text: quote_plus(str(text)),
            "urlDecode": lambda text: unquote_plus(str(text)),
            "base64Encode": lambda text: base64.b64encode(str(text).encode()).decode(),
            "base64Decode": lambda text: base64.b64decode(str(text)).decode("utf-8", "replace"),
        }


def parse_json(text: str) -> Any:
    """$util.parseJson"""
    try:
        return json.loads(text)
    except ValueError as error:
        raise VtlError("the argument of $util.parseJson is not JSON") from error

"""Request validators: required parameters, and bodies held against their models (JSON Schema draft 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from local.gateway.events import Exchange
from local.gateway.responses import Refusal
from local.gateway.routes import Method
from local.template.schemas import without_iri_grammar

Schema = Mapping[str, Any]


class Validators:
    """The validators of one definition."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.definition = definition
        self.named: Mapping[str, Mapping[str, Any]] = definition.get("x-amazon-apigateway-request-validators") or {}
        self.default = definition.get("x-amazon-apigateway-request-validator")
        self.checks: dict[tuple[str, str], list[Callable[[Exchange], None]]] = {}

    def check(self, exchange: Exchange, method: Method) -> None:
        """Hold a request against the method's validator. Raises Refusal."""
        name = (method.resource, method.verb)
        if name not in self.checks:
            self.checks[name] = self.built(method)
        for check in self.checks[name]:
            check(exchange)

    def built(self, method: Method) -> list[Callable[[Exchange], None]]:
        """The rules that a method's requests must follow."""
        validator = self.named.get(
            str(method.block.get("x-amazon-apigateway-request-validator") or self.default or ""), {}
        )
        found: list[Callable[[Exchange], None]] = []
        if is_true(validator.get("validateRequestParameters")):
            required = self.required(method)
            found.append(lambda exchange: check_parameters(exchange, required))
        if is_true(validator.get("validateRequestBody")):
            models = self.models(method)
            found.append(lambda exchange: self.check_body(exchange, models))
        return found

    def required(self, method: Method) -> list[tuple[str, str]]:
        """Place and name of every required parameter, sorted by name."""
        listed = [
            *(self.definition["paths"][method.trail[1]].get("parameters") or []),
            *(method.block.get("parameters") or []),
        ]
        found = [self.followed(parameter) for parameter in listed]
        return sorted(
            ((str(p["in"]), str(p["name"])) for p in found if p.get("required") and p.get("in") != "body"),
            key=lambda pair: pair[1],
        )

    def models(self, method: Method) -> dict[str, Schema]:
        """The schema of the body by media type."""
        body = self.followed(method.block.get("requestBody") or {})
        found = {kind: block["schema"] for kind, block in (body.get("content") or {}).items() if "schema" in block}
        for parameter in method.block.get("parameters") or []:  # Swagger 2.0
            block = self.followed(parameter)
            if block.get("in") == "body" and "schema" in block:
                found["application/json"] = block["schema"]
        return found

    def followed(self, block: Mapping[str, Any]) -> Mapping[str, Any]:
        """A block, or the one that its $ref names."""
        for _ in range(10):
            if "$ref" not in block:
                return block
            found: Any = self.definition
            for name in str(block["$ref"]).removeprefix("#/").split("/"):
                found = found[name]
            block = found
        return block

    def check_body(self, exchange: Exchange, models: Mapping[str, Schema]) -> None:
        """Hold a body against the model of its media type; where there is none, nothing is checked."""
        kind = (exchange.header("content-type") or "application/json").split(";")[0].strip().lower()
        schema = models.get(kind)
        if schema is None:
            return
        with without_iri_grammar():
            from jsonschema import Draft4Validator

        try:
            document = json.loads(exchange.request.body or b"{}")
        except ValueError as error:
            raise Refusal("BAD_REQUEST_BODY", details="[Unable to parse the body as JSON]") from error
        whole = {
            **schema,
            "components": self.definition.get("components") or {},
            "definitions": self.definition.get("definitions") or {},
        }
        errors = sorted(Draft4Validator(whole).iter_errors(document), key=lambda error: list(map(str, error.path)))
        if errors:
            raise Refusal("BAD_REQUEST_BODY", details="[" + ", ".join(sentence(error) for error in errors[:10]) + "]")


def is_true(value: Any) -> bool:
    """A boolean, written as one or as text."""
    return str(value).lower() == "true"


def check_parameters(exchange: Exchange, required: list[tuple[str, str]]) -> None:
    """Every required parameter must be there and not empty. Raises Refusal."""
    missing = [name for place, name in required if not value(exchange, place, name)]
    if missing:
        text = f"Missing required request parameters: [{', '.join(missing)}]"
        raise Refusal("BAD_REQUEST_PARAMETERS", text, details=text)


def value(exchange: Exchange, place: str, name: str) -> str | None:
    """A parameter of the request."""
    if place == "query":
        values = exchange.query.get(name)
        return values[-1] if values else None
    return exchange.path_parameters.get(name) if place == "path" else exchange.header(name.lower())


def sentence(error: Any) -> str:
    """A schema's complaint in the words that API Gateway's validator uses for the common ones."""
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"object has missing required properties ({json.dumps(missing, separators=(',', ':'))})"
    if error.validator == "type":
        allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return (
            f"instance type ({type_name(error.instance)}) does not match any allowed primitive type "
            f"(allowed: {json.dumps(allowed, separators=(',', ':'))})"
        )
    if error.validator == "additionalProperties":
        extra = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        return (
            "object instance has properties which are not allowed by the schema: "
            f"{json.dumps(extra, separators=(',', ':'))}"
        )
    return str(error.message)


def type_name(value: Any) -> str:
    """JSON Schema's name for a value's type."""
    names = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        dict: "object",
        type(None): "null",
    }
    return names[type(value)]

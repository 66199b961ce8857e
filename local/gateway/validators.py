"""Request validators: required parameters, and bodies held against their models (JSON Schema draft 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from local.gateway.events import Exchange
from local.gateway.responses import Refusal
from local.gateway.routes import Method
from local.gateway.workers import Workers
from local.template.schemas import without_iri_grammar

Schema = Mapping[str, Any]
MOST_ERRORS = 10
LONGEST = 500  # characters of the sentence about one error
COMPARED = 256  # bytes: the comparison of its elements makes a body of 256 * n bytes n times as costly


class Model(NamedTuple):
    """The schema of a body, with what it refers to; and whether it compares each element of an array to the others."""

    schema: Schema
    compares: bool

    def cost(self, body: bytes) -> int:
        """The size of a body that costs the same without comparisons."""
        return len(body) ** 2 // COMPARED if self.compares else len(body)


class Rules(NamedTuple):
    """The rules of one method: the place and name of each required parameter, the models of bodies by media type."""

    required: list[tuple[str, str]]
    models: dict[str, Model]


class Validators:
    """The validators of one definition."""

    def __init__(self, definition: Mapping[str, Any], workers: Workers) -> None:
        self.definition, self.workers = definition, workers
        self.named: Mapping[str, Mapping[str, Any]] = definition.get("x-amazon-apigateway-request-validators") or {}
        self.default = definition.get("x-amazon-apigateway-request-validator")
        self.rules: dict[tuple[str, str], Rules] = {}

    async def check(self, exchange: Exchange, method: Method) -> None:
        """Hold a request against the method's validator. Raises Refusal."""
        name = (method.resource, method.verb)
        if name not in self.rules:
            self.rules[name] = self.built(method)
        rules = self.rules[name]
        if rules.required:
            check_parameters(exchange, rules.required)
        model = rules.models.get(media_type(exchange)) if rules.models else None
        if model is not None:
            body = exchange.request.body
            await self.workers.run(model.cost(body), check_body, body, model.schema)

    def built(self, method: Method) -> Rules:
        """The rules that a method's requests must follow."""
        validator = self.named.get(
            str(method.block.get("x-amazon-apigateway-request-validator") or self.default or ""), {}
        )
        return Rules(
            self.required(method) if is_true(validator.get("validateRequestParameters")) else [],
            self.models(method) if is_true(validator.get("validateRequestBody")) else {},
        )

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

    def models(self, method: Method) -> dict[str, Model]:
        """The model of the body by media type."""
        body = self.followed(method.block.get("requestBody") or {})
        found = {kind: block["schema"] for kind, block in (body.get("content") or {}).items() if "schema" in block}
        for parameter in method.block.get("parameters") or []:  # Swagger 2.0
            block = self.followed(parameter)
            if block.get("in") == "body" and "schema" in block:
                found["application/json"] = block["schema"]
        return {kind: self.model(schema) for kind, schema in found.items()}

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

    def model(self, schema: Schema) -> Model:
        """The model of a schema."""
        found = {
            **schema,
            "components": self.definition.get("components") or {},
            "definitions": self.definition.get("definitions") or {},
        }
        return Model(found, "uniqueItems" in str(found))


def media_type(exchange: Exchange) -> str:
    """The media type of the body, which selects its model; without a model, nothing is checked."""
    return (exchange.header("content-type") or "application/json").split(";")[0].strip().lower()


def check_body(body: bytes, schema: Schema) -> None:
    """Hold a body against a schema. Raises Refusal."""
    try:
        found = first_errors(json.loads(body or b"{}"), schema)
    except RecursionError as error:
        raise Refusal("BAD_REQUEST_BODY", details="[The body is nested too deeply]") from error
    except ValueError as error:
        raise Refusal("BAD_REQUEST_BODY", details="[Unable to parse the body as JSON]") from error
    if found:
        raise Refusal("BAD_REQUEST_BODY", details="[" + ", ".join(shortened(sentence(error)) for error in found) + "]")


def first_errors(document: Any, schema: Schema) -> list[Any]:
    """The first errors found in a document, by their place in it; the search ends with them."""
    with without_iri_grammar():
        from jsonschema import Draft4Validator

    errors = islice(Draft4Validator(schema).iter_errors(document), MOST_ERRORS)
    return sorted(errors, key=lambda error: list(map(str, error.path)))


def shortened(text: str) -> str:
    """A sentence without the middle of a large value that it shows."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"


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

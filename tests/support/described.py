"""Whether openapi.yaml describes what a running server of this checkout sends: status, headers, body.

`tests.api.client.send` asks it about each answer that it gets, so that the traffic of the whole suite is held to the
contract, with every fault, race and hostile input that the tests send.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from local.template.schemas import without_iri_grammar
from local.template.transform import ROOT

if TYPE_CHECKING:
    from openapi_schema_validator import OAS30Validator

NAME = "urn:contract"
OF_HTTP = {"connection", "content-length", "content-type", "date", "transfer-encoding"}
OF_EVERY_ANSWER = {"x-request-id", "cache-control", "access-control-allow-origin", "access-control-expose-headers"}
LOCAL = ("/console", "/docs", "/outbox")  # pages of `make run`, which are not the API
NO_ROUTE = (404, 405)
PROBLEM = "application/problem+json"

_described: set[str] = set()


def describe(url: str) -> None:
    """Hold what this server answers from now on to the contract."""
    _described.add(url)


def is_described(url: str) -> bool:
    return url in _described


def faults(method: str, target: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
    """What the contract does not say of an answer. `headers` have lower-case names."""
    operation = found(method, target.partition("?")[0])
    if operation is None:
        ours = not target.startswith(LOCAL)
        return list(problem_faults(headers, body)) if ours and status >= 400 and body else []
    path, name = operation
    if status in NO_ROUTE and "condition" in contract()["paths"][path][name].get("x-lambda", {}):
        return list(problem_faults(headers, body))  # the server may be one without this option
    try:
        answer, place = resolved("paths", path, name, "responses", str(status))
    except KeyError:
        return [f"{name} {path} has no {status}"]
    return [f"{name} {path} {status}: {it}" for it in answer_faults(answer, place, headers, body)]


def found(method: str, path: str) -> tuple[str, str] | None:
    """The path and the method by which the contract has this operation, if it has."""
    for pattern, name, methods in routes():
        if method.lower() in methods and pattern.fullmatch(path):
            return name, method.lower()
    return None


@cache
def routes() -> list[tuple[re.Pattern[str], str, set[str]]]:
    """Patterns of paths with their names and methods; those without parameters first."""
    paths = sorted(contract()["paths"].items(), key=lambda it: "{" in it[0])
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", name)), name, set(item)) for name, item in paths]


def answer_faults(
    answer: dict[str, Any], place: tuple[str, ...], headers: Mapping[str, str], body: bytes
) -> Iterator[str]:
    """What is not as one response of the contract says."""
    said = {name.lower() for name in answer.get("headers", {})}
    yield from (f"has a header {name}" for name in sorted(set(headers) - said - general_headers() - OF_HTTP))
    yield from (f"lacks {name}" for name in sorted(OF_EVERY_ANSWER - set(headers)))
    content = answer.get("content", {})
    if not body:
        return
    kind = headers.get("content-type", "").partition(";")[0]
    if kind not in content:
        yield f"has a body of {kind or 'no type'}"
    elif kind.endswith("json") and "schema" in content[kind]:
        yield from schema_faults((*place, "content", kind, "schema"), json.loads(body))


@cache
def general_headers() -> frozenset[str]:
    """The headers that the contract's description names for every response; lower case."""
    return frozenset(name.lower() for name in re.findall(r"`([\w-]+)`", contract()["info"]["description"]))


def problem_faults(headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    """What is wrong with an error of no operation: it is a problem document all the same."""
    if headers.get("content-type", "").partition(";")[0] != PROBLEM:
        yield f"an error of {headers.get('content-type')}"
        return
    yield from schema_faults(("components", "schemas", "Problem"), json.loads(body))


def schema_faults(place: tuple[str, ...], value: object) -> Iterator[str]:
    errors = validator(place).iter_errors(value)
    return (f"{error.json_path}: {error.message[:200]}" for error in errors)


@cache
def validator(place: tuple[str, ...]) -> OAS30Validator:
    """What checks a value by the schema in one place of the contract."""
    with without_iri_grammar():  # here, since the tests of wrong versions start pytest a hundred times without it
        from openapi_schema_validator import OAS30Validator
        from referencing import Registry
        from referencing.jsonschema import DRAFT4

    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
    registry: Registry[Any] = Registry().with_resource(NAME, DRAFT4.create_resource(contract()))
    return OAS30Validator({"$ref": f"{NAME}#/{pointer}"}, registry=registry)


def resolved(*place: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the contract has in a place, and where that is: a reference leads to another place. KeyError without it."""
    here: Any = contract()
    for part in place:
        here = here[part]
    if "$ref" in here:
        return resolved(*here["$ref"].removeprefix("#/").split("/"))
    return here, place


@cache
def contract() -> dict[str, Any]:
    """The contract; its keys are text, also those of statuses."""
    read: dict[str, Any] = json.loads(json.dumps(yaml.load((ROOT / "openapi.yaml").read_text(), yaml.CSafeLoader)))
    return read

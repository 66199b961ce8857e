"""Every error that the contract shows, for every operation that may answer it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.template.stack import contract

METHODS = ("get", "put", "post", "patch", "delete")


def documented_errors() -> Iterator[tuple[str, dict[str, Any]]]:
    """(operation id, problem) of each example."""
    tree = contract()
    for item in tree["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            references = [each["$ref"] for each in operation["responses"].values() if "$ref" in each]
            for response in (tree["components"]["responses"][name.rsplit("/", 1)[1]] for name in references):
                for example in response["content"]["application/problem+json"]["examples"].values():
                    yield operation["operationId"], example["value"]


def as_json() -> str:
    """The same for another language: each problem once, with its operations, because an environment is small."""
    operations: dict[str, list[str]] = {}
    for operation, problem in documented_errors():
        operations.setdefault(json.dumps(problem), []).append(operation)
    return json.dumps([{"problem": json.loads(each), "operations": them} for each, them in operations.items()])

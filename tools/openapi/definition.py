"""The definition for API Gateway, as plain values, from the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.template.source import Source, TemplateError
from tools.openapi import answers, callers, optional

# API Gateway reads no later version.
VERSION = "3.0.1"
METHODS = ("get", "put", "post", "patch", "delete")  # as Allow lists them; preflight and 405 are made here
EXTENSION = "x-lambda"
LAMBDA = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
# API Gateway follows references to these only, so all others are written out.
REFERABLE = ("schemas", "parameters", "responses")
# Fields that only readers need; they would make the deployed template long.
FOR_READERS = ("example", "examples", "tags", "x-needs")
# Their keys are names, whatever they are.
NAMED = ("properties", "headers", "schemas", "parameters", "responses")
# API Gateway serves a deployment, a snapshot, and SAM makes a new one when the text of the definition changes. A
# parameter that the definition depends on must be part of that text, or changing it would change nothing.
# The parameters of TLS are part of it too: API Gateway takes them over with a deployment.
DEPLOYED_WITH = ("ApiKeyRequired", "CorsOrigin", "SignIn", "TlsPolicy", "EndpointAccessMode", "TruststoreUri")
# A client certificate is asked for at the domain only. The API's own address would be a way around it.
CLOSED_TO_OTHERS = {"disableExecuteApiEndpoint": {"Fn::If": ["MutualTls", True, False]}}


class Contract:
    """openapi.yaml, and what all of its paths share."""

    def __init__(self, source: Source) -> None:
        self.source, self.tree = source, source.tree
        self.components: dict[str, Any] = self.tree.get("components") or {}

    def refuse(self, what: str, *trail: str) -> TemplateError:
        """An error with the line of what is wrong."""
        return TemplateError(f"{self.source.place(*trail)}: {what}")

    def operations(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """(method, operation) of a path. Raises TemplateError for a method that is not the contract's to say."""
        for method, operation in self.tree["paths"][path].items():
            if method in METHODS:
                yield method, operation
            elif method != "parameters":
                raise self.refuse(f"{method} {path}: operations are {', '.join(METHODS)}", "paths", path, method)

    def conditions(self, path: str) -> set[str | None]:
        """The conditions of a path's operations; an operation without one gives None."""
        return {(operation.get(EXTENSION) or {}).get("condition") for _, operation in self.operations(path)}

    def exposed(self) -> str:
        """The response headers that a page of another origin may read."""
        return ", ".join(self.components["headers"])

    def request_headers(self) -> list[str]:
        """The headers that operations read."""
        shared = list(self.components["parameters"].values())
        operations = [operation for path in self.tree["paths"] for _, operation in self.operations(path)]
        own = [each for operation in operations for each in operation.get("parameters") or []]
        return list(dict.fromkeys(each["name"] for each in [*shared, *own] if each.get("in") == "header"))

    def problems(self) -> dict[str, tuple[int, str]]:
        """Status and title of every problem, by its code."""
        shown = [
            example["value"]
            for response in self.components["responses"].values()
            for example in response["content"][answers.PROBLEM_JSON]["examples"].values()
        ]
        return {**answers.ELSEWHERE, **{each["code"]: (each["status"], each["title"]) for each in shown}}


def definition(contract: Contract) -> dict[str, Any]:
    """What api-gateway.yaml holds. Raises TemplateError."""
    tree, exposed = contract.tree, contract.exposed()
    components = {name: part for name, part in contract.components.items() if name != "headers"}
    paths = {path: optional_item(contract, path) for path in tree["paths"]}
    components["securitySchemes"] = callers.deployed_schemes(components["securitySchemes"])
    return {
        "openapi": VERSION,
        "info": tree["info"],
        "servers": tree["servers"],
        "x-amazon-apigateway-api-key-source": "HEADER",
        # all bodies reach the functions as the bytes that were sent, so that UTF-8 can be checked strictly
        "x-amazon-apigateway-binary-media-types": ["*/*"],
        "x-amazon-apigateway-endpoint-configuration": CLOSED_TO_OTHERS,
        "x-deployed-with": [{"Ref": name} for name in deployed_with(contract)],
        "paths": paths,
        "components": written_out(components, contract),
        "x-amazon-apigateway-gateway-responses": answers.refusals(contract.problems(), exposed),
    }


def deployed_with(contract: Contract) -> list[str]:
    """The parameters that the definition depends on."""
    conditions = {condition for path in contract.tree["paths"] for condition in contract.conditions(path)}
    return list(dict.fromkeys([*DEPLOYED_WITH, *optional.parameters(conditions)]))


def optional_item(contract: Contract, path: str) -> dict[str, Any]:
    """A path, there by condition if its operations name one. Raises TemplateError."""
    item = path_item(contract, path)
    try:
        return optional.wrapped(item, contract.conditions(path))
    except ValueError as error:
        raise contract.refuse(f"{path}: {error}", "paths", path) from error


def path_item(contract: Contract, path: str) -> dict[str, Any]:
    """A path with what answers each method."""
    item: dict[str, Any] = written_out(contract.tree["paths"][path], contract)
    for method, operation in contract.operations(path):
        item[method].pop(EXTENSION, None)
        item[method].update(integrated(contract, path, method, operation))
    methods = [method.upper() for method in METHODS if method in item] + ["OPTIONS"]
    exposed, patches = contract.exposed(), sorted(written_content(item.get("patch") or {}))
    item["options"] = answers.preflight(preflight_id(path), methods, contract.request_headers(), exposed, patches)
    item["x-amazon-apigateway-any-method"] = answers.not_allowed(methods, exposed)
    return item


def written_content(operation: dict[str, Any]) -> dict[str, Any]:
    """The media types of an operation's body, with their schemas."""
    return (operation.get("requestBody") or {}).get("content") or {}


def integrated(contract: Contract, path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """The parts of an operation for API Gateway: the callers and the function. Raises TemplateError."""
    extension = checked(contract, path, method, operation.get(EXTENSION) or {})
    written = operation.get("security", contract.tree.get("security") or [])
    if {scheme for each in written for scheme in each} != callers.schemes(extension["callers"]):
        what = f"{method} {path}: its security is not that of the callers '{extension['callers']}'"
        raise contract.refuse(what, "paths", path, method, EXTENSION)
    alias = f":{extension['alias']}" if "alias" in extension else ""
    return {
        **callers.security(extension["callers"], written, extension.get("condition")),
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": {"Fn::Sub": f"{LAMBDA}/${{{extension['function']}.Arn}}{alias}/invocations"},
        },
    }


def checked(contract: Contract, path: str, method: str, extension: dict[str, str]) -> dict[str, str]:
    """x-lambda of an operation, when it says all and nothing else. Raises TemplateError."""
    where = ("paths", path, method, EXTENSION)
    if (
        extension.keys() - {"alias", "condition"} != {"function", "callers"}
        or extension["callers"] not in callers.KINDS
    ):
        wanted = f"{EXTENSION}: {{function: <its logical id>, callers: {' or '.join(callers.KINDS)}}}"
        raise contract.refuse(f"{method} {path} needs {wanted}", *where)
    if extension.get("condition") not in {None, *optional.CONDITIONS}:
        what = f"{method} {path}: tools/openapi/optional.py has no condition {extension['condition']}"
        raise contract.refuse(what, *where)
    return extension


def written_out(node: Any, contract: Contract) -> Any:
    """A part of the contract with the references that API Gateway does not follow replaced, and less for readers."""
    if isinstance(node, list):
        return [written_out(each, contract) for each in node]
    if not isinstance(node, dict):
        return node
    kind, _, name = str(node.get("$ref", "")).removeprefix("#/components/").partition("/")
    if kind in contract.components and kind not in REFERABLE:
        if name not in contract.components[kind]:
            raise contract.refuse(f"there is no {node['$ref']}")
        return written_out(contract.components[kind][name], contract)
    found = {
        key: named(value, contract) if key in NAMED else written_out(value, contract)
        for key, value in node.items()
        if key not in FOR_READERS
    }
    return {**found, "headers": with_common(found["headers"])} if "headers" in found else found


def named(node: Any, contract: Contract) -> Any:
    """The same for a mapping whose keys are names: a property may be called `tags`."""
    if not isinstance(node, dict):
        return written_out(node, contract)
    return {name: written_out(value, contract) for name, value in node.items()}


def with_common(headers: dict[str, Any]) -> dict[str, Any]:
    """The headers of a response, with those that every response has."""
    return {**{name: {"schema": {"type": "string"}} for name in answers.COMMON}, **headers}


def preflight_id(path: str) -> str:
    """preflightUsersUserId for /users/{userId}."""
    words = [segment.strip("{}+") for segment in path.split("/") if segment]
    return "preflight" + "".join(word[:1].upper() + word[1:] for word in words)

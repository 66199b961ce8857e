"""The contract behind a template: the OpenAPI file that its definition is made from, and whether the two agree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import console, generated
from local.template.shape import check_shape
from local.template.source import Source, TemplateError, read_template

ROOT = Path(__file__).resolve().parent.parent
FUNCTION = "AWS::Serverless::Function"
EXTENSION = "x-lambda"  # field of an operation: its function and its callers
NEEDS = "x-needs"  # field of a shared parameter: the resource that it needs
HANDLERS = "handlers."
USER_POOL = "UserPool"  # the resource of the sign-in
PLACE = "/openapi.json"  # where it is served
FACTS = "/sign-in.json"  # where the facts of the sign-in are
ROUTE = re.compile(r"\$\{\w+\}/\*/(?P<method>[A-Z]+)(?P<path>/.*)")  # at the end of the ARN that may call
Route = tuple[str, str]  # path and method


def agreed(template: Path) -> Source:
    """Read the template; generate an outdated definition again, and check it. Raises TemplateError."""
    source = read_template(template)
    if renew(source):
        source = read_template(template)
    check_shape(source)
    for complaint in complaints(source):
        raise TemplateError(complaint)
    if source.contract:
        source.texts |= source.contract.texts  # a change of it is noticed
    return source


def renew(source: Source) -> bool:
    """Generate again what does not match its source; True when something was. Raises TemplateError."""
    old = [
        (path, origin) for path in source.files if (origin := generated.source_of(path)) and generated.outdated(path)
    ]
    for path, origin in old:
        command = [sys.executable, "-m", "tools.openapi", "--write", str(path.parent.resolve())]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [f"{path.name} cannot be generated"])[-1]
            raise TemplateError(said.removeprefix("openapi: "))
        console.say(f"{path.name} did not match {origin.name}; generated it again")
    return bool(old)


def read_contract(source: Source) -> Source | None:
    """The contract with its lines, read once; None when the definition is written by hand."""
    if source.contract is None:
        origins = [origin for path in source.files if (origin := generated.source_of(path))]
        source.contract = read_template(origins[0]) if origins else None
    return source.contract


def document(
    source: Source, url: str, deployed: Collection[str], sign_in: str = "", says: str = "make run"
) -> bytes | None:
    """The contract as JSON, without what only we need, its first server the one at `url`, of which it `says` a word.

    `deployed` are the logical ids of the resources that are there: an operation is shown with its function, a shared
    parameter with the resource that it needs, and `x-sign-in` says where the facts of the sign-in are. The pages of the
    sign-in are at the address `sign_in`, or at that of the server.
    """
    contract = read_contract(source)
    if contract is None:
        return None
    tree = contract.tree
    needs = {(path, method): event.trail[1] for (path, method, _), event in permissions_of(source).items()}
    paths = {path: shown(path, item, deployed, needs) for path, item in tree["paths"].items()}
    servers = [{"url": url, "description": says}, *(tree.get("servers") or [])]
    there = {path: item for path, item in paths.items() if any(isinstance(part, dict) for part in item.values())}
    signed_in = {**tree, **signed_in_at(sign_in or url, tree), "servers": servers, "paths": there}
    whole = without(unread(tree, deployed), signed_in)
    if USER_POOL in deployed:
        whole["x-sign-in"] = FACTS
    return json.dumps(whole, ensure_ascii=False).encode()


def unread(tree: Mapping[str, Any], deployed: Collection[str]) -> set[str]:
    """The references to the shared parameters whose resource is not deployed."""
    shared = (tree.get("components") or {}).get("parameters") or {}
    return {
        f"#/components/parameters/{name}"
        for name, each in shared.items()
        if NEEDS in each and each[NEEDS] not in deployed
    }


def without(references: Collection[str], whole: dict[str, Any]) -> dict[str, Any]:
    """A contract without these shared parameters, and without what only we need of the others."""
    components = whole.get("components") or {}
    shared = components.get("parameters") or {}
    kept = {
        name: {key: value for key, value in each.items() if key != NEEDS}
        for name, each in shared.items()
        if f"#/components/parameters/{name}" not in references
    }
    paths = {
        path: {method: read(part, references) for method, part in item.items()} for path, item in whole["paths"].items()
    }
    return {**whole, "paths": paths, **({"components": {**components, "parameters": kept}} if shared else {})}


def read(part: Any, references: Collection[str]) -> Any:
    """An operation without the parameters of these references."""
    if not isinstance(part, dict) or "parameters" not in part:
        return part
    return {**part, "parameters": [each for each in part["parameters"] if each.get("$ref") not in references]}


def signed_in_at(url: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    """The components of a contract whose sign-in is at `url`: the contract names a domain of Cognito as an example."""
    components = tree.get("components") or {}
    schemes = {
        name: {**scheme, "flows": {kind: moved(flow, url) for kind, flow in scheme["flows"].items()}}
        for name, scheme in (components.get("securitySchemes") or {}).items()
        if scheme.get("type") == "oauth2"
    }
    if not schemes:
        return {}
    return {"components": {**components, "securitySchemes": {**components["securitySchemes"], **schemes}}}


def moved(flow: Mapping[str, Any], url: str) -> dict[str, Any]:
    """A way to sign in whose addresses are at `url`."""
    return {name: url + urlsplit(value).path if name.endswith("Url") else value for name, value in flow.items()}


def shown(path: str, item: dict[str, Any], deployed: Collection[str], needs: Mapping[Route, str]) -> dict[str, Any]:
    """A path with the operations that are deployed, for readers: the function is there, and so is the permission."""
    found = {}
    for name, part in item.items():
        extension = part.get(EXTENSION) if isinstance(part, dict) else None
        needed = {(extension or {}).get("function"), needs.get((path, name))} - {None}
        if not extension or needed <= set(deployed):
            found[name] = {key: each for key, each in part.items() if key != EXTENSION} if extension else part
    return found


def complaints(source: Source) -> Iterator[str]:
    """A sentence, with its line, for each function without an operation and each operation without a function."""
    contract = read_contract(source)
    if contract is None:
        return
    functions, answered = functions_of(source), answered_by(contract)
    events = {**events_of(source), **permissions_of(source)}
    template, written = source.path.name, contract.path.name
    for (path, method), name in answered.items():
        where = f"{contract.place('paths', path, method, EXTENSION)}: {method.upper()} {path} names {name},"
        if name not in functions:
            yield f"{where} but {template} has no such function"
        elif (path, method, name) not in events:
            yield f"{where} and {template} has no event for it, so API Gateway may not call it"
        elif (needed := condition_of(contract, path, method)) != (has := events[path, method, name].condition):
            yield f"{where} with the condition {needed}, but in {template} it is {has}"
    for (path, method, name), event in events.items():
        if answered.get((path, method)) != name:
            where = f"{source.place(*event.trail)}: {name} has an event for {method.upper()} {path},"
            yield f"{where} but no such operation in {written} names {name}"
    for name in sorted(functions.keys() - set(answered.values())):
        if str(functions[name].get("Handler")).startswith(HANDLERS):
            yield f"{source.place('Resources', name)}: {name} has a handler, but no operation in {written} names it"


def functions_of(source: Source) -> dict[str, dict[str, Any]]:
    """Properties of the template's functions, by logical id."""
    blocks = (source.tree.get("Resources") or {}).items()
    return {
        name: block.get("Properties") or {}
        for name, block in blocks
        if isinstance(block, dict) and block.get("Type") == FUNCTION
    }


@dataclass(frozen=True)
class Event:
    """A permission of API Gateway to call a function for one route: its place and its condition in the template."""

    trail: tuple[str, ...]
    condition: str | None


def events_of(source: Source) -> dict[tuple[str, str, str], Event]:
    """The API's events of the functions, by path, method and function."""
    found: dict[tuple[str, str, str], Event] = {}
    for name, properties in functions_of(source).items():
        condition = source.tree["Resources"][name].get("Condition")
        for event, block in (properties.get("Events") or {}).items():
            if block.get("Type") == "Api":
                route = block.get("Properties") or {}
                key = (str(route.get("Path")), str(route.get("Method")).lower(), name)
                found[key] = Event(("Resources", name, "Properties", "Events", event), condition)
    return found


def permissions_of(source: Source) -> dict[tuple[str, str, str], Event]:
    """The permissions that the template writes itself, for a route with another condition than its function."""
    found: dict[tuple[str, str, str], Event] = {}
    for name, block in (source.tree.get("Resources") or {}).items():
        if isinstance(block, dict) and block.get("Type") == "AWS::Lambda::Permission":
            properties = block["Properties"]
            route = ROUTE.search(str((properties.get("SourceArn") or {}).get("Fn::Sub")))
            function = called_by(properties.get("FunctionName") or {})
            if route and function:
                key = (route["path"], route["method"].lower(), function)
                found[key] = Event(("Resources", name), block.get("Condition"))
    return found


def called_by(name: dict[str, Any]) -> str:
    """The function in the FunctionName of a permission, which may be its ARN or its alias; '' for another form."""
    match name:
        case {"Fn::GetAtt": [str(function), *_]}:
            return function
        case {"Ref": str(written)}:
            return written.partition(".")[0]
    return ""


def condition_of(contract: Source, path: str, method: str) -> str | None:
    """The template's condition under which an operation is there; None if it always is."""
    condition: str | None = contract.tree["paths"][path][method][EXTENSION].get("condition")
    return condition


def answered_by(contract: Source) -> dict[Route, str]:
    """The function of each operation."""
    return {
        (path, method): str(operation[EXTENSION].get("function"))
        for path, item in (contract.tree.get("paths") or {}).items()
        for method, operation in item.items()
        if isinstance(operation, dict) and EXTENSION in operation
    }

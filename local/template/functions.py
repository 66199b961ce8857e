"""The functions of a template: their names, the places of their code, and whether the local host can run them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.template.intrinsics import STACK
from local.template.source import Source

FUNCTION = "AWS::Lambda::Function"
FOLDERS = "local"  # the S3 bucket that means folders of this machine
CALLERS = (  # types that invoke functions, and are there locally
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::",
    "AWS::Cognito::UserPool",
    "AWS::Events::",
    "AWS::Lambda::EventSourceMapping",
    "AWS::S3::Bucket",
    "AWS::SNS::",
    "AWS::Scheduler::",
    "AWS::SecretsManager::",
)

Blocks = Mapping[str, Mapping[str, Any]]


def name_of(logical_id: str, properties: Mapping[str, Any]) -> str:
    """A function's name."""
    return str(properties.get("FunctionName") or f"{STACK}-{logical_id}")


def functions_of(resources: Blocks) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every function: logical id and properties."""
    for logical_id, block in resources.items():
        if block["Type"] == FUNCTION:
            yield logical_id, block.get("Properties") or {}


def code_folder(source: Source, function: Mapping[str, Any]) -> Path | None:
    """The folder of a transformed function's code, or None when it is no folder of this machine."""
    code = (function.get("Properties") or {}).get("Code") or {}
    if isinstance(code, str):  # as a function that SAM does not transform may have it
        return (source.path.parent / code).resolve()
    return (source.path.parent / code["S3Key"]).resolve() if code.get("S3Bucket") == FOLDERS else None


def refusal(source: Source, properties: Mapping[str, Any]) -> str:
    """Why the local host cannot run a function, and what to do; empty if it can."""
    code, runtime = properties.get("Code") or {}, properties.get("Runtime")
    if properties.get("PackageType") == "Image" or (isinstance(code, dict) and "ImageUri" in code):
        return "its code is a container image; the local host runs Python from a folder: give it a Runtime and CodeUri"
    if not str(runtime).startswith("python"):
        return f"it runs on {runtime or 'no Runtime'}; the local host runs Python functions"
    if not isinstance(properties.get("Handler"), str):
        return "it has no Handler; write one such as app.lambda_handler"
    if isinstance(code, dict) and "ZipFile" in code:
        return ""
    folder = code_folder(source, {"Properties": properties})
    if folder is None:
        return "its code is in S3; the local host runs code from a folder: give CodeUri the folder's path"
    return "" if folder.is_dir() else f"its code is not a folder: {folder}"


def used(resources: Blocks) -> set[str]:
    """The names of the functions that a route, an authorizer or an event of a resolved template invokes."""
    text = json.dumps([block for block in resources.values() if block["Type"].startswith(CALLERS)], default=str)
    names = {name_of(logical_id, properties) for logical_id, properties in functions_of(resources)}
    return {name for name in names if re.search(rf'[:"]{re.escape(name)}[:"/]', text)}


def not_run(source: Source, resources: Blocks) -> Iterator[tuple[str, str, bool]]:
    """Each function that the local host cannot run: its logical id, why, and whether something invokes it."""
    invoked = used(resources)
    for logical_id, properties in functions_of(resources):
        if reason := refusal(source, properties):
            yield logical_id, reason, name_of(logical_id, properties) in invoked

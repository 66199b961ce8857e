"""The functions of a resolved template, ready to run in this process."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local.functions import isolation, packages
from local.functions.environments import Settings
from local.functions.function import Function
from local.functions.watch import Code, Codes
from local.proxies import of_proxies
from local.template.functions import code_folder, functions_of, name_of, not_run
from local.template.intrinsics import ACCOUNT, REGION
from local.template.source import Source, TemplateError

INLINE = Path(__file__).resolve().parents[2] / ".local" / "cache" / "inline"
V2_STAGE = "AWS::ApiGatewayV2::Stage"
CONCURRENCY = 10  # execution environments of one function, unless it reserves fewer
PASSED_ON = ("DYNAMODB_CLIENT", "PATH", "LANG", "TMPDIR", "PYTHONBREAKPOINT")  # of the developer's own environment


def read_functions(source: Source, template: Mapping[str, Any], endpoint: str) -> dict[str, Function]:
    """Every Python function whose code is here, by its name. `endpoint` is the emulated AWS. Raises TemplateError."""
    found: dict[str, Function] = {}
    codes: dict[Path, Code] = {}
    resources = template["Resources"]
    left_out = left_out_of(source, template)
    moved = moved_addresses(resources, endpoint)
    for logical_id, properties in functions_of(resources):
        if logical_id not in left_out:
            folder = place_of_code(source, properties)
            paths = packages.folders(source, resources, logical_id, folder)
            settings = read_settings(logical_id, properties, folder, paths)
            watched = [path for path in (folder, *paths) if path.parent != isolation.PACKAGES]
            codes |= {path: Code(path) for path in watched if path not in codes}  # one look at what functions share
            found[settings.name] = Function(
                settings, moved(variables(settings, endpoint)), Codes([codes[path] for path in watched])
            )
    return found


def moved_addresses(resources: Mapping[str, Any], endpoint: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """Puts the addresses that WebSocket and HTTP APIs have here in place of those that they have on AWS."""
    ids = {str(block["Properties"]["ApiId"]) for block in resources.values() if block["Type"] == V2_STAGE}
    there = re.compile(rf"(http|ws)s://({'|'.join(map(re.escape, ids))})\.execute-api\.{REGION}\.amazonaws\.com")
    here = rf"\1{endpoint.removeprefix('http')}/_aws/execute-api/\2"

    def moved(variables: dict[str, str]) -> dict[str, str]:
        return {name: there.sub(here, value) if ids else value for name, value in variables.items()}

    return moved


def left_out_of(source: Source, template: Mapping[str, Any]) -> set[str]:
    """The functions that cannot run here and that nothing invokes. Raises TemplateError for one that something does."""
    found = set()
    for logical_id, reason, invoked in not_run(source, template["Resources"]):
        if invoked:
            raise TemplateError(f"{source.place('Resources', logical_id)}: {logical_id} cannot run here: {reason}")
        found.add(logical_id)
    return found


def place_of_code(source: Source, properties: Mapping[str, Any]) -> Path:
    """The folder of a function's code. Inline code is written to index.py in its own folder."""
    folder = code_folder(source, {"Properties": properties})
    if folder:
        return folder
    text = str(properties["Code"]["ZipFile"])
    folder = INLINE / hashlib.sha256(text.encode()).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.py").write_text(text, encoding="utf-8")
    return folder


def read_settings(
    logical_id: str, properties: Mapping[str, Any], folder: Path, paths: tuple[Path, ...] = ()
) -> Settings:
    """The settings of one function in the template."""
    name = name_of(logical_id, properties)
    reserved = properties.get("ReservedConcurrentExecutions")
    return Settings(
        logical_id=logical_id,
        name=name,
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        handler=str(properties["Handler"]),
        folder=folder,
        paths=paths,
        environment={
            key: str(value) for key, value in ((properties.get("Environment") or {}).get("Variables") or {}).items()
        },
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        log_group=str((properties.get("LoggingConfig") or {}).get("LogGroup") or ""),
        concurrency=CONCURRENCY if reserved is None else int(reserved),
        reserved=reserved is not None,
    )


def variables(settings: Settings, endpoint: str) -> dict[str, str]:
    """A function's environment: Lambda's variables, dummy credentials, the developer's proxies, the template's."""
    own = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **own,
        **of_proxies(os.environ),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",  # the emulated AWS rejects a presigned URL with one that it has not issued
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": settings.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": settings.log_group or f"/aws/lambda/{settings.name}",
        "LAMBDA_TASK_ROOT": str(settings.folder),
        "_HANDLER": settings.handler,
        "TZ": ":UTC",
        **settings.environment,
    }

"""The functions of a resolved template, ready to run in this process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.functions.environments import Settings
from local.functions.function import Function
from local.functions.watch import Code
from local.proxies import of_proxies
from local.template.functions import code_folder, name_of
from local.template.intrinsics import ACCOUNT, REGION
from local.template.source import Source, TemplateError

CONCURRENCY = 10  # execution environments of one function, unless it reserves fewer
PASSED_ON = ("DYNAMODB_CLIENT", "PATH", "LANG", "TMPDIR", "PYTHONBREAKPOINT")  # of the developer's own environment


def read_functions(source: Source, template: Mapping[str, Any], endpoint: str) -> dict[str, Function]:
    """Every Python function whose code is a folder here, by its name. `endpoint` is the emulated AWS."""
    found: dict[str, Function] = {}
    codes: dict[Path, Code] = {}
    for logical_id, block in template["Resources"].items():
        if block["Type"] == "AWS::Lambda::Function" and (folder := code_folder(source, block)):
            settings = read_settings(source, logical_id, block["Properties"], folder)
            found[settings.name] = Function(
                settings, variables(settings, endpoint), codes.setdefault(folder, Code(folder))
            )
    return found


def read_settings(source: Source, logical_id: str, properties: Mapping[str, Any], folder: Path) -> Settings:
    """The settings of one function in the template. Raises TemplateError."""
    if not str(properties.get("Runtime", "")).startswith("python"):
        raise TemplateError(
            f"{source.place('Resources', logical_id)}: {logical_id} runs on {properties.get('Runtime')}; "
            "the local host runs Python functions"
        )
    if not folder.is_dir():
        raise TemplateError(
            f"{source.place('Resources', logical_id)}: the code of {logical_id} is not a folder: {folder}"
        )
    name = name_of(logical_id, properties)
    reserved = properties.get("ReservedConcurrentExecutions")
    return Settings(
        logical_id=logical_id,
        name=name,
        arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        handler=str(properties["Handler"]),
        folder=folder,
        environment={
            key: str(value) for key, value in ((properties.get("Environment") or {}).get("Variables") or {}).items()
        },
        timeout=float(properties.get("Timeout", 3)),
        memory=int(properties.get("MemorySize", 128)),
        log_group=str((properties.get("LoggingConfig") or {}).get("LogGroup") or ""),
        concurrency=CONCURRENCY if reserved is None else int(reserved),
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
        "AWS_SESSION_TOKEN": "test",
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

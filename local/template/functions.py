"""The name of a function of a template, and the place of its code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.template.intrinsics import STACK
from local.template.source import Source

FOLDERS = "local"  # the S3 bucket that means folders of this machine


def name_of(logical_id: str, properties: Mapping[str, Any]) -> str:
    """A function's name."""
    return str(properties.get("FunctionName") or f"{STACK}-{logical_id}")


def code_folder(source: Source, function: Mapping[str, Any]) -> Path | None:
    """The folder of a transformed function's code, or None when it is no folder of this machine."""
    code = (function.get("Properties") or {}).get("Code") or {}
    if isinstance(code, str):  # as a function that SAM does not transform may have it
        return (source.path.parent / code).resolve()
    return (source.path.parent / code["S3Key"]).resolve() if code.get("S3Bucket") == FOLDERS else None

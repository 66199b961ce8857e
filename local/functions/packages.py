"""The packages and layers of a function: the folders, after its own, where its imports are looked for.

Packages are installed as `sam build` does, into .local/packages, once for each requirements.txt and interpreter.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local import console
from local.functions import isolation
from local.template.functions import FOLDERS
from local.template.intrinsics import ACCOUNT, REGION, STACK
from local.template.source import Source, TemplateError

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = "requirements.txt"
LAYER = "AWS::Lambda::LayerVersion"
KNOWN = {  # beginnings of the names of public layers, with the package that they contain
    "AWSLambdaPowertoolsPython": "aws-lambda-powertools",
    "AWSSDKPandas": "awswrangler",
    "AWSDataWrangler": "awswrangler",
}

Blocks = Mapping[str, Mapping[str, Any]]


def folders(source: Source, resources: Blocks, logical_id: str, code: Path) -> tuple[Path, ...]:
    """Where a function's imports are looked for after its code. Raises TemplateError."""
    own = installed(source, logical_id, resources[logical_id], code)
    layers, here = layers_of(resources[logical_id]), local_layers(resources)
    for arn in layers:
        require_package(source, logical_id, arn, code, known=here.keys())
    found = list(own)
    for arn in reversed(layers):  # a later layer lies over an earlier one
        if name := here.get(arn):
            found += layer_folders(source, name, resources[name])
    return tuple(found)


def layers_of(block: Mapping[str, Any]) -> list[str]:
    """The ARNs of a function's layers."""
    return list(map(str, (block.get("Properties") or {}).get("Layers") or []))


def local_layers(resources: Blocks) -> dict[str, str]:
    """The layers of the template whose content is a folder: logical id by ARN."""
    found = {}
    for logical_id, block in resources.items():
        properties = block.get("Properties") or {}
        if block["Type"] == LAYER and (properties.get("Content") or {}).get("S3Bucket") == FOLDERS:
            name = properties.get("LayerName") or f"{STACK}-{logical_id}"
            found[f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{name}:1"] = logical_id
    return found


def layer_folders(source: Source, logical_id: str, block: Mapping[str, Any]) -> list[Path]:
    """The folders of one layer on the path: `python/`, or the whole if `sam build` would build it."""
    content = (source.path.parent / block["Properties"]["Content"]["S3Key"]).resolve()
    if not content.is_dir():
        place = source.place("Resources", logical_id)
        raise TemplateError(f"{place}: the content of the layer {logical_id} is not a folder: {content}")
    if "BuildMethod" in (block.get("Metadata") or {}):
        return [content, *installed(source, logical_id, block, content)]
    return [path for path in (content / "python", *content.glob("python/lib/python3*/site-packages")) if path.is_dir()]


def require_package(source: Source, logical_id: str, arn: str, code: Path, known: Any) -> None:
    """Stop for a public layer whose package the function does not get otherwise. Raises TemplateError."""
    package = next((package for name, package in KNOWN.items() if f":layer:{name}" in arn), "")
    if arn in known or not package or (code / package.replace("-", "_")).is_dir():
        return
    if package not in (text_of(code / REQUIREMENTS) or "").lower().replace("_", "-"):
        place = source.place("Resources", logical_id, "Properties", "Layers")
        raise TemplateError(
            f"{place}: the layer {arn} of {logical_id} is not here; write {package} into {code / REQUIREMENTS}"
        )


def not_here(resources: Blocks) -> Iterator[str]:
    """The layers that are not in the template, of which nothing is known."""
    known = local_layers(resources).keys()
    for logical_id, block in resources.items():
        for arn in layers_of(block):
            if arn not in known and not any(f":layer:{name}" in arn for name in KNOWN):
                yield f"{logical_id}: the layer {arn}: not here; write the packages it needs into {REQUIREMENTS}"


def installed(source: Source, logical_id: str, block: Mapping[str, Any], folder: Path) -> list[Path]:
    """The folder of the packages of a requirements.txt, installed if it is not there yet. Raises TemplateError."""
    method = str((block.get("Metadata") or {}).get("BuildMethod", "python"))
    place = source.place("Resources", logical_id)
    if not method.startswith("python"):
        raise TemplateError(f"{place}: {logical_id} is built by {method}; the local host builds Python only")
    text = text_of(folder / REQUIREMENTS)
    if text is None or not wanted(text):
        return []
    source.texts[folder / REQUIREMENTS] = text  # a change of it is noticed
    target = isolation.PACKAGES / key(text, folder)
    if not target.is_dir():
        install(folder / REQUIREMENTS, target, place)
    return [target]


def wanted(text: str) -> bool:
    """Whether a requirements.txt names anything."""
    return any(line.strip() and not line.strip().startswith("#") for line in text.splitlines())


def key(text: str, folder: Path) -> str:
    """The name of the folder of installed packages: it depends on all that decides what is in them."""
    inputs = [text, sys.version, sysconfig.get_platform()]
    if re.search(r"^\s*(-|\.|/|\S+\.whl|[\w.-]+\s*@)", text, re.MULTILINE):  # it may refer to files beside it
        inputs.append(str(folder))
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()[:32]


def install(requirements: Path, target: Path, place: str) -> None:
    """Install packages in another process. Raises TemplateError."""
    console.say(f"installing the packages of {requirements} ...")
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tools.packages", str(requirements), str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise TemplateError(f"{place}: the packages of {requirements} cannot be installed: {reason}")


def text_of(path: Path) -> str | None:
    """The text of a file; None if it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None

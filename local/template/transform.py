"""template.yaml as AWS would see it: parameters checked, includes read, SAM transform done, intrinsics resolved."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.template.dependencies import check_dependencies
from local.template.extensions import expand
from local.template.functions import FOLDERS
from local.template.intrinsics import REGION, Resolver, Unresolved
from local.template.narrow import culprit, located
from local.template.parameters import parameter_values
from local.template.resource_types import check_types
from local.template.rules import check_rules
from local.template.schemas import without_iri_grammar
from local.template.source import Source, TemplateError, included, read_template

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".local" / "cache"
KEPT = 60  # transformed templates kept in the cache
SAM = "AWS::Serverless-2016-10-31"
TRANSFORMED_BY = (
    "transform.py",
    "shape.py",
    "resource_types.py",
    "functions.py",
    "source.py",
    "extensions.py",
    "parameters.py",
)
PLAIN = {
    "dictionary": "mapping",
    "of type dict": "a mapping",
    " dict ": " mapping ",
    "Value of ${section}": "Its value",
}
CODE = {"AWS::Serverless::Function": ("CodeUri",), "AWS::Serverless::LayerVersion": ("ContentUri",)}


def load(path: str | Path, parameters: Mapping[str, str] | None = None, **facts: Any) -> dict[str, Any]:
    """The transformed template with nothing left to resolve; resources whose condition is false are gone.

    `parameters` are what the deployer would give; the others take their defaults.
    `facts` go to `intrinsics.Resolver`: physical, attributes, account, region, stack.
    Raises TemplateError.
    """
    source = read_template(Path(path))
    return resolve(transformed(source, parameters), parameter_values(source, parameters or {}), source, **facts)


def resolve(
    template: dict[str, Any], values: Mapping[str, Any], source: Source | None = None, **facts: Any
) -> dict[str, Any]:
    """A transformed template with its parameters, conditions and references resolved.

    Raises TemplateError; when the source is given, with the line of what cannot be resolved, and for parameters that
    break a rule.
    """
    resolver = Resolver(template, values, **facts)
    try:
        if source:
            check_rules(source, values)
            check_dependencies(resolver, source)
        return resolver.resolved()
    except Unresolved as error:
        if source is None:
            raise
        raise TemplateError(f"{source.reference(error.name, error.trail)}: {error}") from error


def transformed(source: Source | str | Path, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The CloudFormation that the SAM transform makes of the template; intrinsic functions stand as written.

    Kept in .local/cache by content, because the transform takes about a second. Raises TemplateError.
    """
    source = source if isinstance(source, Source) else read_template(Path(source))
    check_types(source)
    values = parameter_values(source, parameters or {})
    cached = CACHE / f"template-{fingerprint(source, values)}.json"
    if cached.is_file():
        return dict(json.loads(cached.read_text()))
    with located(source, lambda other: transform(other, values)):
        result = transform(source, values)
    keep(cached, json.dumps(result))
    return result


def transformed_apart(source: Source, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The same, but the transform itself, if needed, runs in its own process.

    The translator and the boto3 under it cost 70 MB, which a server has no use for afterwards.
    """
    if not (CACHE / f"template-{fingerprint(source, parameter_values(source, parameters))}.json").is_file():
        command = [sys.executable, "-m", "local.template", "--quiet", "--template", str(source.path.resolve())]
        done = subprocess.run(
            [*command, *(f"{name}={value}" for name, value in parameters.items())],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise TemplateError((done.stderr.strip().splitlines() or ["the SAM transform failed"])[-1])
    return transformed(source, parameters)


def fingerprint(source: Source, values: Mapping[str, Any]) -> str:
    """The inputs of a transformed template: the files, the parameters, the transform, and this code."""
    seen = hashlib.sha256(json.dumps([version("aws-sam-translator"), values], sort_keys=True).encode())
    for path in [
        *source.files,
        *(Path(__file__).parent / name for name in TRANSFORMED_BY),
    ]:
        seen.update(hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()[:32]


def keep(path: Path, text: str) -> None:
    """Write one cached template and drop the oldest; a folder that cannot be written costs time only."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".new", delete=False) as new:
            new.write(text)
        os.replace(new.name, path)
        for old in sorted(path.parent.glob("template-*.json"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def transform(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    """Do the language extensions and the SAM transform. Raises TemplateError."""
    try:
        return transform_or_refuse(source, values)
    except sam()[1] as error:  # looked up when something is raised: a plain template does not load SAM
        trail = culprit(source, lambda other: transform_or_refuse(other, values), (sam()[1],))
        raise TemplateError(sam_message(source, error, source.place(*trail))) from error


def sam() -> tuple[Any, Any]:
    """The SAM transform, and the error that it raises for a template that it rejects."""
    with without_iri_grammar():
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.translator.transform import transform as sam_transform
    return sam_transform, InvalidDocumentException


def transform_or_refuse(source: Source, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same; a rejected template raises what the translator raises."""
    tree = expand(json.loads(json.dumps(source.tree)), values)
    transforms = tree.get("Transform") or []
    if SAM not in ([transforms] if isinstance(transforms, str) else transforms):
        return tree
    point_at_folders(source, tree)
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    result = sam()[0](tree, dict(values), NamedPolicies())
    result.pop("Transform", None)
    return dict(json.loads(json.dumps(result)))


def point_at_folders(source: Source, tree: dict[str, Any]) -> None:
    """Write local code as the transform wants it, s3://local/PATH; PATH is as in the template, relative to it."""
    blocks = [((tree.get("Globals") or {}).get("Function") or {}, "CodeUri")]
    for name, block in (tree.get("Resources") or {}).items():
        properties = block.get("Properties") or {}
        blocks += [(properties, key) for key in CODE.get(block.get("Type"), ())]
        if properties.get("PackageType") == "Image":
            properties.setdefault("ImageUri", f"{FOLDERS}:latest")  # `sam build` writes it
        if block.get("Type") == "AWS::Serverless::Api" and isinstance(properties.get("DefinitionUri"), str):
            location = {"Parameters": {"Location": properties.pop("DefinitionUri")}}
            properties["DefinitionBody"] = included(
                source, location, ("Resources", name, "Properties", "DefinitionBody")
            )
    for properties, key in blocks:
        path = properties.get(key)
        if isinstance(path, str) and not path.startswith("s3://"):
            properties[key] = f"s3://{FOLDERS}/{path}"


class NamedPolicies:
    """Managed policies by their bare name, without asking IAM for the list."""

    def load(self) -> dict[str, str]:
        return AnyPolicy()


class AnyPolicy(dict[str, str]):
    """A mapping that knows every managed policy name."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __missing__(self, name: str) -> str:
        return f"arn:aws:iam::aws:policy/{name}"

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]


def sam_message(source: Source, error: Any, place: str) -> str:
    """One sentence for what the SAM transform refused, with the line of the resource it names, or else `place`."""
    text = " ".join(str(cause.message if hasattr(cause, "message") else cause) for cause in error.causes) or str(error)
    for word, plain in PLAIN.items():
        text = text.replace(word, plain)
    named = re.search(r"\[(\w+)\]", text)
    where = source.place("Resources", named[1]) if named else place
    return f"{where}: the SAM transform rejects the template: {' '.join(text.split())}"

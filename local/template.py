"""template.yaml as AWS would see it: parameters checked, includes read, the SAM transform done, intrinsics resolved.

python -m local.template [--resolved] [--template FILE] [Name=value ...]     prints it as JSON
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.extensions import expand
from local.intrinsics import REGION, Resolver, Unresolved
from local.parameters import parameter_values, parse_parameters
from local.resource_types import check_dependencies, check_types
from local.source import Source, TemplateError, included, read

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "cache"
KEPT = 60  # transformed templates kept in the cache
SAM = "AWS::Serverless-2016-10-31"
TRANSFORMED_BY = ("template.py", "source.py", "extensions.py", "parameters.py")
FOLDERS = "local"  # the S3 bucket that stands for folders of this machine
CODE = {"AWS::Serverless::Function": ("CodeUri",), "AWS::Serverless::LayerVersion": ("ContentUri",)}

__all__ = [
    "Source",
    "TemplateError",
    "code_folder",
    "load",
    "parameter_values",
    "parse_parameters",
    "read",
    "resolve",
    "transformed",
]


def load(path: str | Path, parameters: Mapping[str, str] | None = None, **facts: Any) -> dict[str, Any]:
    """The transformed template with nothing left to resolve; resources whose condition is false are gone.

    `parameters` are what the deployer would give; the others take their defaults.
    `facts` go to `intrinsics.Resolver`: physical, attributes, account, region, stack.
    Raises TemplateError.
    """
    source = read(Path(path))
    return resolve(transformed(source, parameters), parameter_values(source, parameters or {}), source, **facts)


def resolve(
    template: dict[str, Any], values: Mapping[str, Any], source: Source | None = None, **facts: Any
) -> dict[str, Any]:
    """A transformed template with its parameters, conditions and references resolved.

    Raises TemplateError, with the line of what cannot be resolved when the source is given.
    """
    if source:
        check_dependencies(template, source)
    try:
        return Resolver(template, values, **facts).resolved()
    except Unresolved as error:
        if source is None:
            raise
        raise TemplateError(f"{source.reference(error.name, error.trail)}: {error}") from error


def transformed(source: Source | str | Path, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The CloudFormation that the SAM transform makes of the template; intrinsic functions stand as written.

    Kept in .local/cache by content, because the transform takes about a second. Raises TemplateError.
    """
    source = source if isinstance(source, Source) else read(Path(source))
    check_types(source)
    values = parameter_values(source, parameters or {})
    cached = CACHE / f"template-{fingerprint(source, values)}.json"
    if cached.is_file():
        return dict(json.loads(cached.read_text()))
    result = transform(source, values)
    keep(cached, json.dumps(result))
    return result


def transformed_apart(source: Source, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The same, but a transform that has to be done is done by a process of its own.

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
    """What a transformed template depends on: the files, the parameters, the transform, and this code."""
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
    """Do the language extensions and the SAM transform."""
    tree = expand(json.loads(json.dumps(source.tree)), values)
    transforms = tree.get("Transform") or []
    if SAM not in ([transforms] if isinstance(transforms, str) else transforms):
        return tree
    point_at_folders(source, tree)
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    with without_iri_grammar():
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.translator.transform import transform as sam_transform

    try:
        result = sam_transform(tree, dict(values), NamedPolicies())
    except InvalidDocumentException as error:
        raise TemplateError(sam_message(source, error)) from error
    result.pop("Transform", None)
    return dict(json.loads(json.dumps(result)))


@contextlib.contextmanager
def without_iri_grammar() -> Iterator[None]:
    """Import jsonschema without an optional package that takes it a second to load, where that is installed.

    It checks the format "iri", which neither the SAM schema nor a model here uses.
    """
    known = sys.modules.get("rfc3987_syntax")
    sys.modules["rfc3987_syntax"] = known  # type: ignore[assignment] # None: as if it were not installed
    try:
        yield
    finally:
        if known is None:
            del sys.modules["rfc3987_syntax"]


def point_at_folders(source: Source, tree: dict[str, Any]) -> None:
    """Write local code as the transform wants it, s3://local/PATH; PATH is as in the template, relative to it."""
    blocks = [((tree.get("Globals") or {}).get("Function") or {}, "CodeUri")]
    for name, block in (tree.get("Resources") or {}).items():
        properties = block.get("Properties") or {}
        blocks += [(properties, key) for key in CODE.get(block.get("Type"), ())]
        if block.get("Type") == "AWS::Serverless::Api" and isinstance(properties.get("DefinitionUri"), str):
            location = {"Parameters": {"Location": properties.pop("DefinitionUri")}}
            properties["DefinitionBody"] = included(
                source, location, ("Resources", name, "Properties", "DefinitionBody")
            )
    for properties, key in blocks:
        path = properties.get(key)
        if isinstance(path, str) and not path.startswith("s3://"):
            properties[key] = f"s3://{FOLDERS}/{path}"


def code_folder(source: Source, function: Mapping[str, Any]) -> Path | None:
    """The folder of a transformed function's code, or None when it is no folder of this machine."""
    code = (function.get("Properties") or {}).get("Code") or {}
    if isinstance(code, str):  # as a function that SAM does not transform may have it
        return (source.path.parent / code).resolve()
    return (source.path.parent / code["S3Key"]).resolve() if code.get("S3Bucket") == FOLDERS else None


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


def sam_message(source: Source, error: Any) -> str:
    """One sentence for what the SAM transform refused, with the line of the resource it names."""
    text = " ".join(str(cause.message if hasattr(cause, "message") else cause) for cause in error.causes) or str(error)
    named = re.search(r"\[(\w+)\]", text)
    place = source.place("Resources", named[1]) if named else source.path.name
    return f"{place}: the SAM transform refuses the template: {' '.join(text.split())}"


def main(arguments: list[str] | None = None) -> int:
    """Print the transformed template as JSON; 0 done, 1 with one sentence when it cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m local.template", description=main.__doc__)
    parser.add_argument("--template", default=str(ROOT / "template.yaml"))
    parser.add_argument("--resolved", action="store_true", help="resolve references and conditions too")
    parser.add_argument("--quiet", action="store_true", help="print nothing, only fill the cache")
    parser.add_argument("parameters", nargs="*", metavar="Name=value")
    options = parser.parse_args(arguments)
    try:
        given = dict(word.partition("=")[::2] for word in options.parameters)
        found = load(options.template, given) if options.resolved else transformed(options.template, given)
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.quiet:
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

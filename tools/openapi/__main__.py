"""python -m tools.openapi --write | --check [FOLDER] - generate api-gateway.yaml from openapi.yaml, or compare the two.

--check prints nothing and ends with status 0 when api-gateway.yaml is what --write would write, else with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml

from local import generated
from local.template.source import TemplateError, read_template
from tools.openapi.definition import Contract, definition

ROOT = Path(__file__).resolve().parents[2]
CONTRACT, DEFINITION = "openapi.yaml", "api-gateway.yaml"
COMMAND = "make openapi"
SHORT = 100  # characters of what is written on one line


class Dumper(yaml.SafeDumper):
    """Short mappings and lists on one line, long ones under each other; never an anchor."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:
        return super().represent_sequence(tag, sequence, flow_style=len(json.dumps(sequence)) < SHORT)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        return super().represent_mapping(tag, mapping, flow_style=len(json.dumps(mapping)) < SHORT)


def main(arguments: list[str]) -> int:
    """Write or compare; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=(__doc__ or "").split(" - ")[1])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true")
    what.add_argument("--check", action="store_true")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT)
    given = parser.parse_args(arguments)
    try:
        text = generate(given.folder / CONTRACT)
    except TemplateError as error:
        print(f"openapi: {error}", file=sys.stderr)
        return 1
    if given.write:
        new = given.folder / f"{DEFINITION}.{os.getpid()}.new"  # another start may generate it too
        new.write_text(text, encoding="utf-8")
        new.replace(given.folder / DEFINITION)  # at once, for whoever reads it now
        return 0
    if (given.folder / DEFINITION).read_text(encoding="utf-8") == text:
        return 0
    print(f"openapi: {DEFINITION} does not match {CONTRACT}; run {COMMAND}", file=sys.stderr)
    return 1


def generate(path: Path) -> str:
    """The text of api-gateway.yaml, from that of openapi.yaml. Raises TemplateError."""
    try:
        tree = definition(Contract(read_template(path)))
    except (KeyError, TypeError, AttributeError) as error:
        raise TemplateError(f"{path.name} lacks a part that is needed ({error!r}); make lint tells more") from error
    body = yaml.dump(tree, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
    return generated.with_header(body, path, COMMAND)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

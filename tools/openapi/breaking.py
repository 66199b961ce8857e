"""python -m tools.openapi.breaking [--since REVISION] - find what a client of the last release would stumble over

Compares openapi.yaml with that of the last tag v*, or of REVISION. A change breaks clients when something that they
send is refused now, or something that they rely on may not come. Each such change must be in CHANGELOG.md, under
"### Breaking" of the unreleased changes, in the words that this prints. The exit status is 1 when one does not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON = "application/json"
# Limits of a value, and which way is narrower: -1 when a smaller one allows less.
LIMITS = {"maximum": -1, "maxLength": -1, "maxItems": -1, "minimum": 1, "minLength": 1, "minItems": 1}
EXACT = (
    "type",
    "format",
    "pattern",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
)  # any change of these is one for a person to judge
Schema = Mapping[str, Any]


class Definition:
    """An OpenAPI definition whose references are followed."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree

    def follow(self, block: Any) -> Any:
        """The block that this one refers to, or this one."""
        while isinstance(block, Mapping) and "$ref" in block:
            found: Any = self.tree
            for part in block["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            block = found
        return block

    def operations(self) -> dict[str, Mapping[str, Any]]:
        """Each operation, as `GET /users`, with the parameters of its path."""
        found: dict[str, Mapping[str, Any]] = {}
        for path, item in self.tree["paths"].items():
            shared = item.get("parameters", [])
            for method in METHODS:
                if method in item:
                    own = item[method]
                    found[f"{method.upper()} {path}"] = {**own, "parameters": [*shared, *own.get("parameters", [])]}
        return found

    def parameters(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of an operation, as `query limit`."""
        blocks = [self.follow(each) for each in operation["parameters"]]
        return {f"{block['in']} {block['name']}": block for block in blocks}

    def security(self, operation: Mapping[str, Any]) -> set[str]:
        """The ways to prove who calls; "nothing" where nobody must."""
        ways = operation.get("security", self.tree.get("security", []))
        found = {"+".join(f"{name}{sorted(scopes)}" for name, scopes in sorted(way.items())) for way in ways or [{}]}
        return {way or "nothing" for way in found}


class Comparison:
    """Two definitions, and the changes between them that break clients."""

    def __init__(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        self.before, self.after = Definition(before), Definition(after)

    def found(self) -> list[str]:
        """Every finding, in the order of the earlier definition."""
        after = self.after.operations()
        lines: list[str] = []
        for name, operation in self.before.operations().items():
            if name not in after:
                lines.append(f"{name}: the operation is gone")
                continue
            lines += (f"{name}: {line}" for line in self.operation(operation, after[name]))
        return list(dict.fromkeys(lines))

    def operation(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
        """Findings in one operation."""
        for way in sorted(self.before.security(before) - self.after.security(after)):
            yield f"callers with {way} are refused"
        yield from self.parameters(before, after)
        yield from self.body(before.get("requestBody"), after.get("requestBody"))
        yield from self.responses(before["responses"], after["responses"])

    def parameters(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
        """Findings in what an operation takes besides a body."""
        old, new = self.before.parameters(before), self.after.parameters(after)
        for name in old.keys() - new.keys():
            yield f"the parameter {name} is gone"
        for name, block in new.items():
            if block.get("required") and not old.get(name, {}).get("required"):
                yield f"the parameter {name} is required"
            if name in old:
                yield from self.sent(old[name].get("schema", {}), block.get("schema", {}), f"the parameter {name}")

    def body(self, before: Any, after: Any) -> Iterator[str]:
        """Findings in a request body."""
        old, new = self.before.follow(before) or {}, self.after.follow(after) or {}
        if new.get("required") and not old.get("required"):
            yield "a body is required"
        for kind, block in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"a body of {kind} is refused"
            else:
                yield from self.sent(block.get("schema", {}), new["content"][kind].get("schema", {}), "the body")

    def responses(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
        """Findings in what comes back. An error may go; a success may not."""
        for status, block in before.items():
            old, new = self.before.follow(block), self.after.follow(after.get(status))
            if new is None:
                if status.startswith(("2", "3")):
                    yield f"there is no {status}"
                continue
            for header in old.get("headers", {}).keys() - new.get("headers", {}).keys():
                yield f"the {status} has no {header}"
            for kind, content in old.get("content", {}).items():
                if kind not in new.get("content", {}):
                    yield f"the {status} has no {kind}"
                else:
                    other = new["content"][kind].get("schema", {})
                    yield from self.received(content.get("schema", {}), other, f"the {status}")

    def sent(self, before: Schema, after: Schema, place: str, seen: frozenset[int] = frozenset()) -> Iterator[str]:
        """Findings in a value that clients send."""
        old, new = self.before.follow(before), self.after.follow(after)
        if id(old) in seen:
            return
        yield from exact(old, new, place)
        yield from (f"{place}: {name} is {new[name]}" for name in LIMITS if narrower(old, new, name))
        if old.get("nullable") and not new.get("nullable"):
            yield f"{place}: null is refused"
        for value in missing(old, new):
            yield f"{place}: {value} is refused"
        for name in sorted({*new.get("required", ())} - {*old.get("required", ())}):
            yield f"{place}: {name} is required"
        for name, schema in old.get("properties", {}).items():
            if name in new.get("properties", {}):
                yield from self.sent(schema, new["properties"][name], f"{place}: {name}", seen | {id(old)})
            elif new.get("additionalProperties") is False:
                yield f"{place}: {name} is refused"
        if old.get("additionalProperties", True) is not False and new.get("additionalProperties") is False:
            yield f"{place}: other fields are refused"
        if "items" in old and "items" in new:
            yield from self.sent(old["items"], new["items"], f"{place}: each item", seen | {id(old)})

    def received(self, before: Schema, after: Schema, place: str, seen: frozenset[int] = frozenset()) -> Iterator[str]:
        """Findings in a value that clients get. A new field is no finding: clients ignore it."""
        old, new = self.before.follow(before), self.after.follow(after)
        if id(old) in seen:
            return
        yield from exact(old, new, place)
        if new.get("nullable") and not old.get("nullable"):
            yield f"{place}: it may be null"
        for value in missing(new, old):
            yield f"{place}: it may be {value}"
        for name, schema in old.get("properties", {}).items():
            if name not in new.get("properties", {}):
                yield f"{place}: {name} is gone"
                continue
            if name in old.get("required", ()) and name not in new.get("required", ()):
                yield f"{place}: {name} may be absent"
            yield from self.received(schema, new["properties"][name], f"{place}: {name}", seen | {id(old)})
        if "items" in old and "items" in new:
            yield from self.received(old["items"], new["items"], f"{place}: each item", seen | {id(old)})


def exact(old: Schema, new: Schema, place: str) -> Iterator[str]:
    """Any change of a part that is not compared in detail is a finding."""
    return (f"{place}: its {name} is another" for name in EXACT if old.get(name) != new.get(name))


def narrower(old: Schema, new: Schema, name: str) -> bool:
    """Whether a limit allows less than before."""
    if name not in new:
        return False
    return name not in old or (new[name] - old[name]) * LIMITS[name] > 0


def missing(wide: Schema, narrow: Schema) -> list[Any]:
    """Values that one schema has, and that the list of the other one lacks."""
    if "enum" not in narrow:
        return []
    if "enum" not in wide:
        return ["another value"]
    return [value for value in wide["enum"] if value not in narrow["enum"]]


def last_release(folder: Path) -> str:
    """The newest tag v*, or an empty text."""
    command = ["git", "-C", str(folder), "tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD"]
    return next(iter(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()), "")


def declared(changelog: str) -> set[str]:
    """The lines of "### Breaking" among the unreleased changes."""
    unreleased = changelog.partition("## [Unreleased]")[2].partition("\n## ")[0]
    part = unreleased.partition("### Breaking\n")[2].partition("\n### ")[0]
    return {" ".join(item.split()) for item in f"\n{part}".split("\n- ")[1:]}


def main(arguments: list[str], folder: Path = ROOT) -> int:
    """Compare, print what is not declared; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.openapi.breaking", description=(__doc__ or "").split(" - ")[1]
    )
    parser.add_argument(
        "--since", default="", metavar="REVISION", help="compare with this one; the last tag v* if absent"
    )
    since = parser.parse_args(arguments).since or last_release(folder)
    if not since:
        print("openapi: nothing is released yet, so nothing can break")
        return 0
    command = ["git", "-C", str(folder), "show", f"{since}:./openapi.yaml"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode:
        print(f"openapi: there is no openapi.yaml in {since}", file=sys.stderr)
        return 1
    texts = shown.stdout, (folder / "openapi.yaml").read_text(encoding="utf-8")
    before, after = (yaml.load(text, yaml.CSafeLoader) for text in texts)
    known = declared((folder / "CHANGELOG.md").read_text(encoding="utf-8"))
    found = [line for line in Comparison(before, after).found() if line not in known]
    for line in found:
        print(f"openapi: breaks clients of {since}: {line}", file=sys.stderr)
    if found:
        print('openapi: undo it, or put the line under "### Breaking" in CHANGELOG.md', file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

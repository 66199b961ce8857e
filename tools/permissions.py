"""The permissions of functions and of their callers, compared between the template and an older one.

python -m tools.permissions REVISION     compares with the template of a Git revision, such as HEAD or main

Prints what is granted no more (-) and what is granted now (+). It compares effective statements: in which form a
statement is written, and what a log group is called, makes no difference. Exit status 0 the same, 1 not, 2 wrong usage.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.template.source import TemplateError
from local.template.transform import ROOT, transformed
from tools.roles import functions, role_of
from tools.statements import PERMISSION, Template, listed, statements


def main(arguments: list[str]) -> int:
    """Compare; the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with tempfile.TemporaryDirectory() as folder:
            export(ROOT, arguments[0], Path(folder))
            before, after = (permissions(transformed(root / "template.yaml")) for root in (Path(folder), ROOT))
    except TemplateError as error:
        print(f"permissions: {error}", file=sys.stderr)
        return 1
    print("\n".join([*difference(before, after), f"{len(before)} permissions before, {len(after)} after"]))
    return int(before != after)


def export(root: Path, revision: str, folder: Path) -> None:
    """Write the files of a revision into a folder. Raises TemplateError."""
    command = ["git", "-C", str(root), "archive", "--format=tar", revision]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise TemplateError(done.stderr.decode().strip())
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")


def permissions(template: Template) -> set[str]:
    """Each permission of a transformed template, as one line. Raises TemplateError for one that cannot be read."""
    return {*granted(template), *trusted(template), *callers(template)}


def granted(template: Template) -> Iterator[str]:
    """The permissions of functions: one action on one resource, with all it depends on."""
    holders: dict[str, list[str]] = {}
    for name, block in functions(template):
        holders.setdefault(role_of(name, block), []).append(name)
    for statement in statements(template):
        conditions = [*statement.when, *listed(statement.body.get("Condition") or [])]
        only = "".join(f", {text(each)}" for each in conditions)
        for holder in holders.get(statement.role, [statement.role]):
            for action in listed(statement.body["Action"]):
                for resource in listed(statement.body.get("Resource")):
                    yield f"{holder} may {action} on {text(resource)}{only}"


def trusted(template: Template) -> Iterator[str]:
    """The services that may assume a function's role."""
    for name, block in functions(template):
        role = template["Resources"][role_of(name, block)]["Properties"]
        for statement in listed(role["AssumeRolePolicyDocument"]["Statement"]):
            yield f"{name} runs in a role that allows {text(statement)}"
        if "PermissionsBoundary" in role:
            yield f"{name} is bounded by {text(role['PermissionsBoundary'])}"


def callers(template: Template) -> Iterator[str]:
    """The callers of a function."""
    for block in template["Resources"].values():
        if block["Type"] == PERMISSION:
            yield f"a call is allowed by {text(block['Properties'])}"


def text(value: Any) -> str:
    """A part of a template on one line, the same for the same meaning."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def difference(before: set[str], after: set[str]) -> list[str]:
    """The removed and the added permissions."""
    return [*(f"- {line}" for line in sorted(before - after)), *(f"+ {line}" for line in sorted(after - before))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""python -m tools.release check|notes|build TAG - check, describe or build a release

TAG is a version, such as v1.2.0. The project, the command line and CHANGELOG.md must all have it.

`check` only says what is missing. `notes` prints the text of CHANGELOG.md about this version. `build` writes the files
of the release into dist/: the stack, its bill of materials, and the command line.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools import artifact

ROOT = Path(__file__).resolve().parent.parent
TAG = re.compile(r"v(\d+\.\d+\.\d+)")
OWN_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
SECTION = r"^## \[{}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
BUILD_COMMAND_LINE = "from flit_core import buildapi as it; it.build_wheel({0!r}); it.build_sdist({0!r})"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Do what the first argument says; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=(__doc__ or "").split(" - ")[1])
    parser.add_argument("what", choices=("check", "notes", "build"))
    parser.add_argument("tag")
    given = parser.parse_args(arguments)
    problems = list(complaints(root, given.tag))
    for problem in problems:
        print(f"release: {problem}", file=sys.stderr)
    if problems:
        return 1
    if given.what == "notes":
        print(notes(root, given.tag.removeprefix("v")))
    if given.what == "build":
        build(root, root / "dist", given.tag.removeprefix("v"))
    return 0


def complaints(root: Path, tag: str) -> Iterator[str]:
    """Why this is not a release of the version in its tag."""
    match = TAG.fullmatch(tag)
    if not match:
        yield f"{tag} is not a version, such as v1.2.0"
        return
    version = match[1]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if project != version:
        yield f"pyproject.toml has version {project}, not {version}"
    own = OWN_VERSION.search((root / "cli" / "src" / "users_cli" / "__init__.py").read_text(encoding="utf-8"))
    if not own or own[1] != version:
        yield f"cli/src/users_cli/__init__.py has version {own[1] if own else 'none'}, not {version}"
    if not notes(root, version):
        yield f'CHANGELOG.md has no text under "## [{version}] - YYYY-MM-DD"'
    if section(root, r"^## \[Unreleased\]$"):
        yield f"CHANGELOG.md has unreleased changes; move them under {version}"


def notes(root: Path, version: str) -> str:
    """The text of the changelog about a version; empty if there is none."""
    return section(root, SECTION.format(re.escape(version)))


def section(root: Path, heading: str) -> str:
    """The text under a heading of the changelog, up to the next version."""
    parts = re.split(heading, (root / "CHANGELOG.md").read_text(encoding="utf-8"), maxsplit=1, flags=re.MULTILINE)
    return re.split(r"^## ", parts[1], maxsplit=1, flags=re.MULTILINE)[0].strip() if len(parts) > 1 else ""


def build(root: Path, target: Path, version: str) -> None:
    """Everything that is published, in an empty folder."""
    shutil.rmtree(target, ignore_errors=True)
    built = target / "stack"
    if artifact.main(["--out", str(built), "--pictures"]):
        raise SystemExit(1)
    (built / "sbom.cdx.json").rename(target / f"users-api-{version}.sbom.cdx.json")
    artifact.write_zip(target / f"users-api-{version}.zip", artifact.shipped(built, "*"))
    shutil.rmtree(built)
    python = root / ".local" / "cli" / "bin" / "python"
    subprocess.run([python, "-c", BUILD_COMMAND_LINE.format(str(target))], cwd=root / "cli", check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

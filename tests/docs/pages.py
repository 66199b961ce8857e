"""The documents, and the fenced blocks in them.

A block is told how it is run by a comment on the line before it, which readers do not see:

    (none)                          sh: in the page's own shell, one block after the other, against the running API
    <!-- run: against A=b C=d -->   the same, against an API that is started with these template parameters
    <!-- run: in the foreground --> sh: starts the API; it is seen to answer, then stopped
    <!-- run: on aws -->            sh: needs an AWS account; its syntax, its scripts' options and its files are checked
    <!-- run: make -->              sh: takes long; its targets and files are checked
    <!-- run: by hand -->           sh: needs what is not installed here; its syntax is checked
    <!-- as in openapi.yaml -->     http: an answer that cannot be provoked here; it is the definition's example

An `http` or `text` block is what the `sh` block before it prints.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>(?:run|as)\b[^>]*?) -->\n)?^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: where it is, what it is written in, how it is run."""

    place: str
    language: str
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Page:
    """One document; `name` is its path from the root."""

    name: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks in order."""
        return [
            Block(
                f"{self.name}:{self.text.count(chr(10), 0, found.start()) + 1}",
                found["language"],
                found["text"],
                found["mark"] or "",
            )
            for found in _FENCE.finditer(self.text)
        ]

    @property
    def prose(self) -> str:
        """The text without what is fenced."""
        return _FENCE.sub("", self.text)


def documents() -> list[Page]:
    """Every Markdown file that belongs to the project."""
    return [Page(name, (ROOT / name).read_text(encoding="utf-8")) for name in project_files() if name.endswith(".md")]


@cache
def project_files() -> list[str]:
    """What is tracked, or new and not ignored: paths from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # no git, or the files of a release without their history
        names = unpacked_files()
    return sorted(name for name in set(names) if (ROOT / name).is_file())


def unpacked_files() -> list[str]:
    """The same without git: all but what .gitignore names."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    ignored = [".git", *(line.rstrip("/") for line in lines if line and not line.startswith("#"))]
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        kept = [name for name in names if not any(fnmatch(name, pattern) for pattern in ignored)]
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in kept]
    return found


def page(name: str) -> Page:
    """One document by name."""
    return Page(name, (ROOT / name).read_text(encoding="utf-8"))

"""Files that are made from others: which file each comes from, and whether it still says the same.

Only the standard library, because deploy.sh asks too, on whatever python3 there is.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

HEADER = """\
# Made from {source} by `{command}`. Change that file, not this one.
# sha256 of both: {digest}
"""
FIRST_LINES = re.compile(
    r"# Made from (?P<source>[\w.-]+) by `(?P<command>[^`\n]+)`.*\n# sha256 of both: (?P<digest>[0-9a-f]{64})\n"
)


def with_header(body: str, source: Path, command: str) -> str:
    """The text of a generated file."""
    return HEADER.format(source=source.name, command=command, digest=digest(source, body)) + body


def digest(source: Path, body: str) -> str:
    """Changes with either file, so that neither a newer source nor a change by hand goes unseen."""
    return hashlib.sha256(source.read_bytes() + b"\0" + body.encode()).hexdigest()


def source_of(path: Path) -> Path | None:
    """The file that this one is made from, or None when it is written by hand or its source is not here."""
    header = FIRST_LINES.match(path.read_text(encoding="utf-8"))
    source = path.parent / header["source"] if header else None
    return source if source and source.is_file() else None


def outdated(path: Path) -> str | None:
    """One sentence when a generated file is not what its source says, with the command to run."""
    source, text = source_of(path), path.read_text(encoding="utf-8")
    header = FIRST_LINES.match(text)
    if not source or not header or header["digest"] == digest(source, text[header.end() :]):
        return None
    return f"{path.name} is not what {source.name} says; run {header['command']}"

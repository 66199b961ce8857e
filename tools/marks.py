"""Generated parts of documents: each stands between two comments that name it, and is replaced as a whole.

<!-- roles:start -->
| function | may | on | only |
<!-- roles:end -->
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

MARKS = re.compile(r"<!-- (?P<name>[\w-]+):start -->\n(?P<text>.*?)<!-- (?P=name):end -->", re.DOTALL)


class MarkError(ValueError):
    """A document that does not have the marks, or has them more than once."""


def names(document: str) -> list[str]:
    """The parts of a document that are generated, in their order."""
    return [found["name"] for found in MARKS.finditer(document)]


def between(document: str, name: str) -> str:
    """What stands between the marks of a name. Raises MarkError."""
    return one(document, name)["text"]


def replaced(document: str, name: str, text: str) -> str:
    """The document with another text between the marks of a name. Raises MarkError."""
    found = one(document, name)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{document[: found.start('text')]}{text}{end}{document[found.end('text') :]}"


def all_replaced(document: str, parts: Mapping[str, str]) -> str:
    """The document with every part replaced that it has; it need not show all of them."""
    for name in names(document):
        if name in parts:
            document = replaced(document, name, parts[name])
    return document


def one(document: str, name: str) -> re.Match[str]:
    """The only place of a name. Raises MarkError."""
    found = [match for match in MARKS.finditer(document) if match["name"] == name]
    if len(found) != 1:
        raise MarkError(f"the document has {len(found)} parts {name}; <!-- {name}:start --> and its end stand alone")
    return found[0]


def write(path: Path, name: str, text: str) -> None:
    """Put a text into a document. Raises MarkError, OSError."""
    path.write_text(replaced(path.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def main(
    arguments: list[str],
    usage: str | None,
    make: Callable[[], str],
    save: Callable[[str], None],
    failures: tuple[type[Exception], ...] = (MarkError, OSError),
) -> int:
    """A tool that prints what it makes, or with --write saves it; 0 done, 1 failed with one sentence, 2 wrong usage."""
    if arguments not in ([], ["--write"]):
        print(usage, file=sys.stderr)
        return 2
    try:
        made = make()
        save(made) if arguments else print(made, end="")
    except failures as error:
        print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        return 1
    return 0

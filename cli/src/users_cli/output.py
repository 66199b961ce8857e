"""The output of commands: tables for people, JSON for programs. Only results go to the standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from users_cli.failures import Failure
from users_cli.fields import FIELDS

UNBOUNDED = 10_000  # columns of an output that is not a terminal: nothing is cut there
BATCH = 500  # rows of a table that are shown at once; a list can be long


def console(file: TextIO) -> Console:
    """Where a table is drawn."""
    return Console(file=file, width=None if file.isatty() else UNBOUNDED, highlight=False, markup=False)


def printable(text: str) -> str:
    """The text without characters that control a terminal."""
    return "".join(it if it.isprintable() or it in "\n" else "\N{REPLACEMENT CHARACTER}" for it in text)


def say(text: str) -> None:
    """Tell people something that is not a result."""
    print(printable(text), file=sys.stderr, flush=True)


def document(content: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(content, ensure_ascii=False, indent=2))


def line(content: Any) -> None:
    """Print one line of NDJSON, at once."""
    print(json.dumps(content, ensure_ascii=False), flush=True)


def record(content: Mapping[str, Any]) -> None:
    """Print one object for people: a line for each field."""
    table = Table.grid(padding=(0, 2))
    for name, value in content.items():
        table.add_row(name, Text(shown(value)))
    draw(table)


def rows(names: Sequence[str], items: Iterable[Mapping[str, Any]]) -> None:
    """Print a table, in parts if it is long."""
    batch: list[Mapping[str, Any]] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            part(names, batch)
            batch = []
    if batch:
        part(names, batch)


def part(names: Sequence[str], items: Iterable[Mapping[str, Any]]) -> None:
    """Print one table."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name == "userId", justify="right" if name == "age" else "left")
    for item in items:
        table.add_row(*[Text(shown(item.get(name, ""))) for name in names])
    draw(table)


def draw(table: Table) -> None:
    """Print a table, without the spaces at the ends of its lines."""
    drawing = console(sys.stdout)
    with drawing.capture() as capture:
        drawing.print(table)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))


def shown(value: Any) -> str:
    """A value in a cell."""
    return printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def users(found: Iterable[Mapping[str, Any]], *, as_json: bool, names: Sequence[str] = ()) -> None:
    """Print users: NDJSON, or a table of some of their fields."""
    if as_json:
        for user in found:
            line(user)
    else:
        rows(names or [name for name in FIELDS if name != "updatedAt"], found)


def user(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one user, with the tag that an update or a deletion can name."""
    document(found) if as_json else record(found)


def failure(error: Failure, *, as_json: bool) -> None:
    """Say why a command has ended: in the sentences of the API, or as its problem document."""
    if as_json:
        print(json.dumps(error.problem, ensure_ascii=False), file=sys.stderr)
    else:
        say("\n".join(["users: " + error.lines()[0], *error.lines()[1:]]))

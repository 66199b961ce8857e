"""Files of users: CSV and NDJSON, read and written row by row.

CSV is that of the API's own imports and exports: cells are divided by a comma, a semicolon, a tab or a bar. Text that a
spreadsheet would execute has an apostrophe before it.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from users_cli.failures import WrongUsage
from users_cli.fields import FIELDS, INTEGERS, SET_BY_THE_SERVER

CSV, NDJSON = "csv", "ndjson"
SUFFIXES = {".csv": CSV, ".tsv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON}
DIVIDERS = ",;\t|"
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MARK = "\ufeff"  # without it, Excel does not read UTF-8
LONGEST = 1 << 20  # characters of a cell: more than the API takes

# spreadsheets execute a formula, wherever they see a cell begin
_START = r"((?:\A|[,;|\t\r\n])['\"]*)"
_FORMULA = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_UNSAFE = re.compile(rf"{_START}(?={_FORMULA})")
_SAFE = re.compile(rf"{_START}'(?={_FORMULA})")


@dataclass(frozen=True)
class Row:
    """One user of a file. `number` is what a spreadsheet shows, or the line; `body` is what is sent to the API."""

    number: int
    body: bytes


def format_of(path: Path, given: str | None) -> str:
    """The format of a file: the given one, or that of its name. Raises WrongUsage."""
    found = given or SUFFIXES.get(path.suffix.lower())
    if found not in (CSV, NDJSON):
        raise WrongUsage(f"The name {path.name} does not say what the file is: add --format csv or --format ndjson.")
    return found


def rows(path: Path, form: str, charset: str) -> Iterator[Row]:
    """The rows of a file in order. Empty ones are left out. Raises WrongUsage where the file cannot be read."""
    csv.field_size_limit(LONGEST)
    try:
        with path.open(encoding=charset_of(path, charset), newline="" if form == CSV else None) as file:
            yield from of_csv(file) if form == CSV else of_ndjson(file)
    except (UnicodeError, LookupError) as error:
        raise WrongUsage(f"{path} is not text in this charset: {error}. Choose one: --charset") from None
    except csv.Error as error:
        raise WrongUsage(f"{path} is not CSV: {error}.") from None
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}.") from None


def charset_of(path: Path, given: str) -> str:
    """The charset that a byte order mark names, or the given one."""
    with path.open("rb") as file:
        start = file.read(3)
    return next((name for mark, name in MARKS.items() if start.startswith(mark)), given)


def of_ndjson(lines: Iterator[str]) -> Iterator[Row]:
    """One row for each line. A line that is not an object is sent unchanged, so that the API says what is wrong."""
    for number, line in enumerate(lines, 1):
        if text := line.strip():
            yield Row(number, without_server_fields(text))


def without_server_fields(text: str) -> bytes:
    """The object without the fields that the server sets, such as an export has."""
    try:
        pairs = json.loads(text, object_pairs_hook=list) if text.startswith("{") else []
        names = [name for name, _ in pairs]
        if not SET_BY_THE_SERVER & set(names) or len(set(names)) < len(names):
            return text.encode()
        user = {name: value for name, value in json.loads(text).items() if name not in SET_BY_THE_SERVER}
        return json.dumps(user).encode()
    except (ValueError, RecursionError):
        return text.encode()


def of_csv(file: Any) -> Iterator[Row]:
    """One row for each row of CSV; its first row names the fields."""
    first = file.readline()
    if found := re.fullmatch(r"sep=(.)\r?\n", first):
        divider, first = found[1], file.readline()
    else:
        divider = max(DIVIDERS, key=first.count)
    reader = csv.reader(_after(first, file), delimiter=divider, strict=True)
    names = [name.strip() for name in next(reader, [])]
    if len(set(names)) < len(names) or "" in names or not names:
        raise WrongUsage("The first row must name each field once.")
    for number, cells in enumerate(reader, 2):
        if len(cells) > len(names):
            raise WrongUsage(f"Row {number} has {len(cells)} cells, but the first row names {len(names)} fields.")
        user = {name: value_of(name, cell) for name, cell in zip(names, cells, strict=False) if cell}
        if user:
            kept = {name: value for name, value in user.items() if name not in SET_BY_THE_SERVER}
            yield Row(number, json.dumps(kept, ensure_ascii=False).encode())


def _after(first: str, file: Iterator[str]) -> Iterator[str]:
    """A line and those that follow it."""
    yield first
    yield from file


def value_of(name: str, cell: str) -> str | int:
    """The value in a cell: an integer where the field is one and the cell has one."""
    if name in INTEGERS and re.fullmatch(r"-?[0-9]{1,9}", cell.strip()):
        return int(cell)
    return _SAFE.sub(r"\1", cell)


def header(form: str) -> str:
    """How a file begins."""
    return MARK + ",".join(FIELDS) + "\r\n" if form == CSV else ""


def line_of(user: Mapping[str, Any], form: str) -> str:
    """A user as a line of a file. Raises WrongUsage for a field that CSV has no place for."""
    if form == NDJSON:
        return json.dumps(user, ensure_ascii=False) + "\n"
    if unknown := user.keys() - set(FIELDS):
        raise WrongUsage(
            f"This version does not know the field {min(unknown)}. Export to NDJSON, which has all fields."
        )
    return ",".join(_cell(user.get(name, "")) for name in FIELDS) + "\r\n"


def _cell(value: str | int) -> str:
    return '"' + _UNSAFE.sub(r"\1'", str(value)).replace('"', '""') + '"'

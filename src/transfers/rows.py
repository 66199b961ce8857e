"""The rows of an uploaded file: NDJSON, or any CSV that a spreadsheet writes.

A byte order mark at the start of a file says that it is UTF-8 or UTF-16. A row of NDJSON is
a line. A row of CSV is a record, which may have line breaks between quotes. Its number is that of the spreadsheet.
"""

from __future__ import annotations

import codecs
import csv
import io

from transfers.cells import value_of
from transfers.model import NDJSON
from users.model import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

    Entry = tuple[int, Any]  # the number of a row; its line, its cells by field, or a reason against it

LONGEST_LINE = 65_536  # characters; a user has fewer than 1,000
DELIMITERS = ",;\t|"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BadUpload(Exception):
    """A file that is no list of rows; `code` and `detail` are for the client."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def rows_of(file: IO[bytes], form: str, charset: str) -> Iterator[Entry]:
    """Number and content of each row: a line of JSON, a dict of cells, or None for a row that is too long.

    Raises BadUpload, at the latest with the last row.
    """
    start = file.read(4)
    file.seek(0)
    encoding = next((name for mark, name in MARKS if start.startswith(mark)), charset)
    text = io.TextIOWrapper(file, encoding, errors="strict", newline="")
    read = _lines if form == NDJSON else _records
    try:
        yield from read(text)
    except UnicodeError:
        raise BadUpload("invalid_charset", f"The file is not {encoding.upper().removesuffix('-SIG')}.") from None
    finally:
        text.detach()


def _lines(text: io.TextIOBase) -> Iterator[Entry]:
    for number, line in enumerate(_bounded(text), 1):
        if line is None or line.strip("\r\n\t "):
            yield number, line


def _bounded(text: io.TextIOBase) -> Iterator[str | None]:
    """Each line without its end; None for one that is too long, which is skipped."""
    while line := text.readline(LONGEST_LINE):
        _check_binary(line)
        if len(line) < LONGEST_LINE or line.endswith("\n"):
            yield line.rstrip("\r\n")
            continue
        while line and not line.endswith("\n"):
            line = text.readline(LONGEST_LINE)
            _check_binary(line)
        yield None


def _records(text: io.TextIOBase) -> Iterator[Entry]:
    number, delimiter = 1, ""
    first = text.readline(LONGEST_LINE)
    _check_binary(first)
    if first.lower().startswith("sep=") and len(first.strip("\r\n")) == 5:  # Excel reads this line, and writes it
        number, delimiter = 2, first[4]
        first = text.readline(LONGEST_LINE)
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    header = _header(next(csv.reader([first], delimiter=delimiter), []))
    # strict: a quote in the wrong place would swallow the rows after it
    records = csv.reader(_checked(text), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(records, number + 1):  # noqa: B020 - the number of the last row read
            if any(cells):
                yield number, _named(header, cells)
    except csv.Error:
        raise BadUpload(
            "invalid_csv", f"Row {number + 1} is not CSV: a quote is in the wrong place, or never closed."
        ) from None


def _checked(text: io.TextIOBase) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        _check_binary(line)
        yield line


def _check_binary(line: str) -> None:
    if "\0" in line:
        raise BadUpload("invalid_charset", "The file is not text.")


def _header(names: list[str]) -> list[str]:
    """The fields that the columns hold."""
    found = [name.strip() for name in names]
    unknown = [name for name in found if name not in FIELDS]
    if unknown:
        shown = unknown[0][:64].encode("utf-8", "replace").decode()
        raise BadUpload("invalid_header", f"{shown or 'A column without a name'} is not a known field.")
    missing = [name for name, field in FIELDS.items() if field.required and name not in found]
    if missing:
        raise BadUpload("invalid_header", f"The first row has no column {missing[0]}.")
    if len(set(found)) < len(found):
        raise BadUpload("invalid_header", "The first row has a column twice.")
    return found


def _named(header: list[str], cells: list[str]) -> dict[str, Any] | None:
    """The values by field; empty cells are left out. None if there are more cells than columns."""
    if any(cells[len(header) :]):
        return None
    return {name: value_of(name, cell) for name, cell in zip(header, cells, strict=False) if cell}

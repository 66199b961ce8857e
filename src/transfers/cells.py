"""The cells of CSV: what a spreadsheet would execute is written as text, and read back unchanged.

A spreadsheet executes a cell that begins with one of FORMULA. Writing puts an apostrophe before such a character. It
does the same after a character that another spreadsheet takes for the end of a cell: one in which a semicolon divides
cells reads a file with commas. Reading removes one apostrophe from the same places, and so it is the exact inverse.
"""

from __future__ import annotations

import re

from users.user import FIELD_NAMES, OPTIONAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# =, +, -, @, tab and carriage return, and the wide forms that East Asian spreadsheets accept
FORMULA = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_START = r"((?:\A|[,;|\t\r\n])['\"]*)"  # quotes, because a cell that another spreadsheet begins there may lose them
_UNSAFE = rf"{_START}(?=[{FORMULA}])"
_SAFE = rf"{_START}'(?=[{FORMULA}])"
HEADER = ",".join(FIELD_NAMES) + "\r\n"
_INTEGER = r"-?\d{1,40}"


def safe(text: str) -> str:
    """A cell that no spreadsheet executes."""
    return re.sub(_UNSAFE, r"\1'", text)


def original(cell: str) -> str:
    """The text that `safe` made a cell of."""
    return re.sub(_SAFE, r"\1", cell)


def value_of(name: str, cell: str) -> str | int:
    """The value of a field in a cell: an integer where the field is one and the cell has one."""
    if OPTIONAL.get(name) == "N" and cell.isascii() and re.fullmatch(_INTEGER, cell.strip()):
        return int(cell)
    return original(cell)


def line_of(user: Mapping[str, Any]) -> str:
    """A user as a row of CSV, with each cell in quotes."""
    return ",".join([_quoted(user.get(name, "")) for name in FIELD_NAMES]) + "\r\n"


def _quoted(value: str | int) -> str:
    return '"' + safe(str(value)).replace('"', '""') + '"'

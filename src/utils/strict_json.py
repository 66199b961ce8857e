"""JSON as RFC 8259 has it and no wider: what Python's parser lets through besides is refused here."""

from __future__ import annotations

import json
import re

from utils.errors import DuplicateField, InvalidJson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

MAX_DEPTH = 32
# An integer with more digits is outside every range we have; its exact value does not matter.
MAX_DIGITS = 40
_HUGE = int("9" * MAX_DIGITS)

# Patterns that the first document that needs them compiles; most do not.
_TOKENS = r'(?s)"(?:[^"\\]|\\.)*"|[\[\]{}]'
_FLOAT = r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?"


def parse(raw: bytes) -> object:
    """The document in `raw`; numbers that are whole, however written, come as int.

    Raises InvalidJson, or DuplicateField where an object contains a field twice.
    """
    text = _decoded(raw)
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_number,
        )
    except RecursionError:
        raise InvalidJson(_TOO_DEEP) from None
    except ValueError:
        raise InvalidJson from None


_TOO_DEEP = f"The body is nested more than {MAX_DEPTH} levels deep."


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidJson("The body is not valid UTF-8.") from None


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in re.finditer(_TOKENS, text):
        opening = token[0]
        depth += 1 if opening in "[{" else -1 if opening in "]}" else 0
        if depth > MAX_DEPTH:
            raise InvalidJson(_TOO_DEEP)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise DuplicateField
    return members


def _no_constant(_name: str) -> NoReturn:
    raise InvalidJson("NaN and Infinity are not JSON.")


def _whole(text: str) -> int:
    if len(text) <= MAX_DIGITS:
        return int(text)
    return -_HUGE if text.startswith("-") else _HUGE


def _number(text: str) -> int | float:
    """An int if the literal is exactly an integer, as in 3e1 and 30.0; 30.0000000000000000001 stays a float."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise InvalidJson("A number in the body is too large.")
    whole = _exact(text)
    return value if whole is None else whole


def _exact(text: str) -> int | None:
    """The integer that a literal with a fraction or an exponent means, from its digits, or None."""
    sign, digits, fraction, exponent = re.fullmatch(_FLOAT, text).groups("")  # type: ignore[union-attr]
    significant = (digits + fraction).lstrip("0")
    if not significant.strip("0"):
        return 0
    shift = _whole(exponent or "0") - len(fraction)
    if shift < 0:
        significant, lost = significant[:shift], significant[shift:]
        if lost.strip("0") or not significant:
            return None
    return _whole(sign + significant + "0" * min(shift, MAX_DIGITS))

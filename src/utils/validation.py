"""Checking a body against a table of fields: every problem is found and reported at once, each with its pointer.

A field cleans a value first (trims a text, say) and then checks it. A check takes a value and returns None, or the
reason against it as (code, message).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Reason = tuple[str, str]
    Check = Callable[[object], Reason | None]
    Clean = Callable[[Any], Any]
    Invalid = Callable[[list[dict[str, Any]]], Exception]

ABSENT = object()
_SHOWN = 64


def _as_it_is(value: object) -> object:
    return value


class Field:
    """The rule of one field.

    `required`: must be there on creation and can never be removed. `read_only`: made by the server; a client may
    repeat it, and what it says is handed back for comparison.
    """

    __slots__ = ("check", "clean", "read_only", "required")

    def __init__(
        self, check: Check, *, clean: Clean = _as_it_is, required: bool = False, read_only: bool = False
    ) -> None:
        self.check = check
        self.clean = clean
        self.required = required
        self.read_only = read_only


def validated(document: object, fields: Mapping[str, Field], invalid: Invalid, partial: bool = False) -> dict[str, Any]:
    """The fields of `document`, cleaned; a removed one (null, when `partial`) is None.

    Without `partial` a null optional field counts as absent, required fields must be there, and read-only ones
    must not. With it at least one field that can be changed must be there. Raises `invalid(problems)`, all of them.
    """
    if not isinstance(document, dict):
        raise invalid([_error("", "invalid_type", "The body must be a JSON object.")])
    members: dict[str, Any] = {}
    errors = [_error(f"/{_escaped(name)}", *_unknown(name)) for name in document if name not in fields]
    for name, field in fields.items():
        value, reason = _judged(name, field, document.get(name, ABSENT), partial)
        if reason:
            errors.append(_error(f"/{name}", *reason))
        elif value is not ABSENT:
            members[name] = value
    if partial and not errors and all(fields[name].read_only for name in members):
        errors.append(_error("", "required", _at_least_one(fields)))
    if errors:
        raise invalid(errors)
    return members


def _judged(name: str, field: Field, value: object, partial: bool) -> tuple[object, Reason | None]:
    """One field's cleaned value, or ABSENT, and the reason against it."""
    if field.read_only:
        return value, _read_only(name, value, partial)
    if value is None and not field.required:
        return (None if partial else ABSENT), None
    if value is ABSENT:
        return value, ("required", f"{name} is required.") if field.required and not partial else None
    if value is None:
        return value, ("invalid_type", f"{name} must not be null.")
    value = field.clean(value)
    reason = field.check(value)
    return value, (reason[0], f"{name} {reason[1]}") if reason else None


def _read_only(name: str, value: object, partial: bool) -> Reason | None:
    if value is ABSENT:
        return None
    # values of the server are short ASCII; no other value can be equal
    if partial and isinstance(value, str) and value.isascii() and len(value) <= _SHOWN:
        return None
    return read_only(name)


def read_only(name: str) -> Reason:
    """The reason against a field that only the server sets."""
    return "read_only", f"{name} is set by the server and cannot be changed."


def problem_of(name: str, reason: Reason) -> dict[str, Any]:
    """The problem of one field that was found later than by its own rule."""
    return _error(f"/{name}", *reason)


def _unknown(name: str) -> Reason:
    return "unknown_field", f"{_printable(name)} is not a known field."


def _at_least_one(fields: Mapping[str, Field]) -> str:
    names = [name for name, field in fields.items() if not field.read_only]
    return f"At least one of {', '.join(names)} is required."


def _error(pointer: str, code: str, message: str) -> dict[str, Any]:
    return {"pointer": pointer, "code": code, "message": message}


def _escaped(name: str) -> str:
    """A field's name in a JSON Pointer (RFC 6901)."""
    return _printable(name).replace("~", "~0").replace("/", "~1")


def _printable(name: str) -> str:
    """The name, cut, and without what cannot be sent: a lone surrogate has no UTF-8."""
    return name[:_SHOWN].encode("utf-8", "replace").decode("utf-8")


def text(shortest: int, longest: int) -> Check:
    """A string of so many code points, without characters that hide or reorder what is shown."""

    def check(value: object) -> Reason | None:
        if not isinstance(value, str):
            return "invalid_type", "must be a string."
        if not shortest <= len(value):
            return "too_short", f"must have at least {shortest} character{'s' * (shortest != 1)}."
        if len(value) > longest:
            return "too_long", f"must have at most {longest} characters."
        return _characters(value)

    return check


def integer(smallest: int, largest: int) -> Check:
    """An integer within bounds; true and false are not numbers."""

    def check(value: object) -> Reason | None:
        if type(value) is not int:
            return "invalid_type", "must be an integer."
        if not smallest <= value <= largest:
            return "out_of_range", f"must be between {smallest} and {largest}."
        return None

    return check


def _characters(value: str) -> Reason | None:
    if value.isascii():
        return None if value.isprintable() else ("invalid_characters", "must not contain control characters.")
    from utils import unicode_text  # a table of characters that most texts never need

    return unicode_text.reason_against(value)


def trimmed(value: object) -> object:
    """A text without white space around it, in NFC; anything else as it is."""
    if not isinstance(value, str):
        return value
    if value.isascii():
        return value.strip(" \t\n\v\f\r")
    from utils import unicode_text

    return unicode_text.trimmed(value)

"""Plain values to DynamoDB's typed ones and back: str <-> {"S": str}, int <-> {"N": str}."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Value = str | int
    TypedValue = dict[str, str]


def to_value(value: Value) -> TypedValue:
    """`{"S": ...}` or `{"N": ...}`; TypeError for any other type, bool included."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"N": str(value)}
    raise TypeError(f"a DynamoDB value is a str or an int, not {type(value).__name__}")


def from_value(typed: Mapping[str, str]) -> Value:
    """The str or int that a typed value holds; TypeError for other types and for numbers with a fraction."""
    if len(typed) == 1:
        for kind, value in typed.items():
            if kind == "S":
                return value
            if kind == "N":
                return _to_int(value)
    raise TypeError(f"only S and N values are supported, not {'/'.join(sorted(typed)) or 'an empty one'}")


def to_item(values: Mapping[str, Value]) -> dict[str, TypedValue]:
    """A low-level item; TypeError names no value, only its type."""
    return {name: to_value(value) for name, value in values.items()}


def from_item(item: Mapping[str, Mapping[str, str]]) -> dict[str, Value]:
    """The plain values of a low-level item."""
    return {name: from_value(typed) for name, typed in item.items()}


def _to_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise TypeError("only integers are supported") from None

"""The bounds of the rows that a key condition of a Query can be about.

The bounds only narrow what ministack looks at. It evaluates the condition itself. A condition in a form that is
not known here narrows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local.aws.emulator.internals import PagedReads
from local.aws.tables.orders import TOP, Above, Row

Bounds = tuple[Row, Row]
Condition = tuple[str, Sequence[Any]]  # the operator as KeyConditions spells it, and its operands

BOUNDS: dict[str, Callable[..., Bounds]] = {
    "EQ": lambda equal, value: ((*equal, value), (*equal, value, TOP)),
    "LT": lambda equal, value: (equal, (*equal, value)),
    "LE": lambda equal, value: (equal, (*equal, value, TOP)),
    "GT": lambda equal, value: ((*equal, value, TOP), (*equal, TOP)),
    "GE": lambda equal, value: ((*equal, value), (*equal, TOP)),
    "BETWEEN": lambda equal, low, high: ((*equal, low), (*equal, high, TOP)),
    "BEGINS_WITH": lambda equal, prefix: ((*equal, prefix), (*equal, Above(prefix))),
}
OPERANDS = {"BETWEEN": 2}
MIRRORED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}
PUNCTUATION = frozenset({"LPAREN", "RPAREN", "COMMA", "EOF"})


def bounds(ministack: PagedReads, request: dict[str, Any], equal: Row, sort_keys: Sequence[tuple[str, str]]) -> Bounds:
    """The bounds of the rows that begin with `equal` and can fit the condition; `sort_keys` are names and types."""
    found: Bounds = (equal, (*equal, TOP))
    conditions = conditions_of(ministack, request)
    for name, kind in sort_keys:
        operator, operands = conditions.get(name, ("", ()))
        if not fits(operator, operands, kind):
            break
        found = BOUNDS[operator](equal, *(ministack.sort_value(operand, kind) for operand in operands))
        if operator != "EQ":
            break
        equal = found[0]
    return found


def fits(operator: str, operands: Sequence[Any], kind: str) -> bool:
    """Whether the operator is known, and its operands have the type of the key."""
    return (
        operator in BOUNDS
        and len(operands) == OPERANDS.get(operator, 1)
        and all(isinstance(operand, dict) and operand.keys() == {kind} for operand in operands)
        and (operator != "BEGINS_WITH" or kind == "S")  # ministack compares the start of binary values as base64
    )


def conditions_of(ministack: PagedReads, request: dict[str, Any]) -> dict[str, Condition]:
    """The condition of each key, in either way to write them."""
    if old := request.get("KeyConditions"):
        return {
            name: (one.get("ComparisonOperator", ""), one.get("AttributeValueList", ())) for name, one in old.items()
        }
    clauses = ministack.clauses(ministack.tokens(request.get("KeyConditionExpression") or ""))
    names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
    understood = [
        (names.get(name, name), (operator, [values.get(operand) for operand in operands]))
        for name, operator, operands in map(clause_condition, clauses)
    ]
    return dict(understood)


def clause_condition(clause: list[tuple[str, str]]) -> tuple[str, str, list[str]]:
    """Name, operator and operands as they are written in a clause; no operator if its form is not known."""
    match [token for token in clause if token[0] not in PUNCTUATION]:
        case [("IDENT" | "NAME_REF", name), (sign, _), ("VALUE_REF", value)] if sign in MIRRORED:
            return name, sign, [value]
        case [("VALUE_REF", value), (sign, _), ("IDENT" | "NAME_REF", name)] if sign in MIRRORED:
            return name, MIRRORED[sign], [value]
        case [("IDENT", function), (_, name), ("VALUE_REF", value)] if function.lower() == "begins_with":
            return name, "BEGINS_WITH", [value]
        case [(_, name), ("IDENT", word), ("VALUE_REF", low), _, ("VALUE_REF", high)] if word.upper() == "BETWEEN":
            return name, "BETWEEN", [low, high]
    return "", "", []

"""The part of CloudWatch's metric math and Metrics Insights that infra/watch.yaml uses, for one period at a time.

A value is a number, or None where there is no data. As in CloudWatch, what is computed from no data is no data, a
division by zero has no result, and FILL puts a number in the place of no data.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Value = float | None
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
QUERY = re.compile(r'SELECT (SUM|MAX)\((\w+)\) FROM SCHEMA\("([\w/]+)", ([\w, ]+)\) WHERE (.+)')
CONDITION = re.compile(r"(\w+) = '([^']+)'")


class NotUnderstood(Exception):
    """The expression has something that is not modelled here; CloudWatch may know it."""


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """The result of an expression; `values` has each metric by its id. Raises NotUnderstood."""
    return _value(ast.parse(expression, mode="eval").body, values)


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=sign, right=right):
            return _combined(sign, left, right, values)
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _combined(sign, left, right, values)
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, other]):
            holds = _value(condition, values)
            return None if holds is None else _value(then if holds else other, values)
        case ast.Call(func=ast.Name(id="FILL"), args=[series, instead]):
            found = _value(series, values)
            return _value(instead, values) if found is None else found
    raise NotUnderstood(ast.unparse(node))


def _combined(sign: ast.AST, left: ast.expr, right: ast.expr, values: Mapping[str, Value]) -> Value:
    if type(sign) not in OPERATORS:
        raise NotUnderstood(type(sign).__name__)
    first, second = _value(left, values), _value(right, values)
    if first is None or second is None or (isinstance(sign, ast.Div) and second == 0):
        return None
    return float(OPERATORS[type(sign)](first, second))


def query(text: str) -> tuple[str, str, str, set[str], set[tuple[str, str]]]:
    """A query's function, metric, namespace, dimensions, and the (dimension, value) pairs one of which must hold.

    Raises NotUnderstood.
    """
    found = QUERY.fullmatch(" ".join(text.split()))
    if not found:
        raise NotUnderstood(text)
    function, metric, namespace, dimensions, where = found.groups()
    conditions = [CONDITION.fullmatch(each) for each in where.split(" OR ")]
    if not all(conditions):
        raise NotUnderstood(where)
    return function, metric, namespace, set(dimensions.split(", ")), {(it[1], it[2]) for it in conditions if it}

"""DynamoDB's condition and update expressions, as far as the repository writes them, over low-level items.

Conditions: attribute_exists, attribute_not_exists, = <> < <= > >=, IN, AND, OR, NOT, parentheses. Updates: SET with a
value, an attribute, if_not_exists or a sum of two, and REMOVE. Values go by placeholders; attributes may stand for
themselves.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Item = dict[str, dict[str, str]]
Names = Mapping[str, str]
Values = Mapping[str, dict[str, str]]
Condition = Callable[[Mapping[str, Any], Names, Values], bool]
Operand = Callable[[Mapping[str, Any], Names, Values], Any]

COMPARISONS = {
    "<>": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
RESERVED = frozenset(["AND", "OR", "NOT", "IN", "SET", "REMOVE"])
_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+]|[#:]?\w+)")


class ExpressionError(ValueError):
    """The expression is outside the grammar, or asks for an attribute that is not there."""


def holds(expression: str, item: Mapping[str, Any], names: Names, values: Values) -> bool:
    """Whether a condition holds of an item; {} where there is none."""
    return condition(expression)(item, names, values)


def updated(expression: str, item: Mapping[str, Any], names: Names, values: Values) -> Item:
    """The item after an update; every operand is read from the item as it was before."""
    new = dict(item)
    for attribute, operand in update(expression):
        if operand is None:
            new.pop(names.get(attribute, attribute), None)
        else:
            new[names.get(attribute, attribute)] = operand(item, names, values)
    return new


@lru_cache(maxsize=1000)
def condition(expression: str) -> Condition:
    """The parsed condition."""
    parser = _Parser(expression)
    parsed = parser.alternatives()
    parser.end()
    return parsed


@lru_cache(maxsize=1000)
def update(expression: str) -> list[tuple[str, Operand | None]]:
    """The parsed update: attribute placeholders and what each becomes, None for removed."""
    parser = _Parser(expression)
    parsed = parser.clauses()
    parser.end()
    return parsed


class _Parser:
    """Recursive descent; every method leaves the next token to be read."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"\s", "", text):
            raise ExpressionError(text)

    def take(self) -> str:
        if not self.tokens:
            raise ExpressionError("the expression ends too early")
        return str(self.tokens.pop(0))

    def expect(self, token: str) -> None:
        found = self.take()
        if found != token:
            raise ExpressionError(f"{found} stands where {token} should")

    def next_is(self, token: str) -> bool:
        return bool(self.tokens) and self.tokens[0] == token

    def end(self) -> None:
        if self.tokens:
            raise ExpressionError(f"{self.tokens[0]} is left over")

    def alternatives(self) -> Condition:
        parts = [self.conjunction()]
        while self.next_is("OR"):
            self.take()
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda i, n, v: any(part(i, n, v) for part in parts)

    def conjunction(self) -> Condition:
        parts = [self.negation()]
        while self.next_is("AND"):
            self.take()
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda i, n, v: all(part(i, n, v) for part in parts)

    def negation(self) -> Condition:
        if not self.next_is("NOT"):
            return self.term()
        self.take()
        inner = self.negation()
        return lambda i, n, v: not inner(i, n, v)

    def term(self) -> Condition:
        if self.next_is("("):
            self.take()
            inner = self.alternatives()
            self.expect(")")
            return inner
        if self.next_is("attribute_exists") or self.next_is("attribute_not_exists"):
            return self.existence()
        return self.comparison()

    def existence(self) -> Condition:
        wanted = self.take() == "attribute_exists"
        self.expect("(")
        name = self.take()
        self.expect(")")
        return lambda i, n, v: (n.get(name, name) in i) is wanted

    def comparison(self) -> Condition:
        left = self.operand()
        sign = self.take()
        if sign == "IN":
            choices = self.choices()
            return lambda i, n, v: any(compare("=", left(i, n, v), choice(i, n, v)) for choice in choices)
        if sign not in COMPARISONS:
            raise ExpressionError(f"{sign} is no comparison")
        right = self.operand()
        return lambda i, n, v: compare(sign, left(i, n, v), right(i, n, v))

    def choices(self) -> list[Operand]:
        self.expect("(")
        found = [self.operand()]
        while self.next_is(","):
            self.take()
            found.append(self.operand())
        self.expect(")")
        return found

    def operand(self) -> Operand:
        token = self.take()
        if token == "if_not_exists":
            return self.default()
        if token[0] == ":":
            return lambda i, n, v: v[token]
        if not re.match(r"[#\w]", token) or token in RESERVED:
            raise ExpressionError(f"{token} is no operand")
        return lambda i, n, v: i.get(n.get(token, token))

    def default(self) -> Operand:
        self.expect("(")
        wanted = self.operand()
        self.expect(",")
        otherwise = self.operand()
        self.expect(")")
        return lambda i, n, v: wanted(i, n, v) or otherwise(i, n, v)

    def clauses(self) -> list[tuple[str, Operand | None]]:
        found: list[tuple[str, Operand | None]] = []
        while self.tokens:
            clause = self.take()
            if clause not in ("SET", "REMOVE"):
                raise ExpressionError(f"{clause} is no clause")
            found.append(self.action(clause))
            while self.next_is(","):
                self.take()
                found.append(self.action(clause))
        return found

    def action(self, clause: str) -> tuple[str, Operand | None]:
        name = self.take()
        if clause == "REMOVE":
            return name, None
        self.expect("=")
        left = self.operand()
        if not self.next_is("+"):
            return name, left
        self.take()
        right = self.operand()
        return name, lambda i, n, v: total(left(i, n, v), right(i, n, v))


def compare(sign: str, left: Mapping[str, str] | None, right: Mapping[str, str] | None) -> bool:
    """One comparison of low-level values; a missing attribute or another type is only ever unequal."""
    if left is None or right is None or left.keys() != right.keys():
        return sign == "<>"
    return bool(COMPARISONS[sign](_plain(left), _plain(right)))


def total(left: Mapping[str, str] | None, right: Mapping[str, str] | None) -> dict[str, str]:
    """The sum of two numbers."""
    if left is None or right is None:
        raise ExpressionError("The provided expression refers to an attribute that does not exist in the item")
    if "N" not in left or "N" not in right:
        raise ExpressionError("An operand in the update expression has an incorrect data type")
    return {"N": f"{Decimal(left['N']) + Decimal(right['N']):f}"}


def _plain(value: Mapping[str, Any]) -> Any:
    [(kind, plain)] = value.items()
    return Decimal(plain) if kind == "N" else plain

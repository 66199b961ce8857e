"""Expressions of mapping templates: references, operators, literals; each is compiled to a function of the state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.gateway.vtl.values import OPERATORS, UNKNOWN, VtlError, call, java_text, member, truth

MAX_STEPS = 100_000  # the limit of a whole rendering: a template may not run for ever

Scope = dict[str, Any]
Value = Callable[["State"], Any]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
TOKEN = re.compile(
    r"\s*(&&|\|\||==|!=|<=|>=|\.\.|[-+*/%<>!()\[\]{},:=]|eq\b|ne\b|and\b|or\b|not\b|lt\b|gt\b|le\b|ge\b)"
)
WORDS = {"eq": "==", "ne": "!=", "and": "&&", "or": "||", "not": "!", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}


@dataclass
class State:
    """One rendering: its variables and how far it may still go."""

    scope: Scope
    steps: int = MAX_STEPS
    stopped: bool = False

    def step(self) -> None:
        """Count one step."""
        self.steps -= 1
        if self.steps < 0:
            raise VtlError(f"the template takes more than {MAX_STEPS} steps")


class Expressions:
    """Reads expressions from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def fail(self, reason: str) -> VtlError:
        """An error with the line it is on."""
        return VtlError(f"mapping template, line {self.text.count(chr(10), 0, self.at) + 1}: {reason}")

    def block(self, ends: tuple[str, ...]) -> Value:
        """Text with references in it, as a string in double quotes holds."""
        raise NotImplementedError

    # references

    def reference(self) -> tuple[bool, Value]:
        """A reference and whether it is a quiet one ($!)."""
        match = re.compile(r"\$(!?)(\{?)").match(self.text, self.at)
        if not match:
            raise self.fail("a reference is missing")
        self.at = match.end()
        name = self.name()
        members = self.members()
        if match[2]:
            if not self.text.startswith("}", self.at):
                raise self.fail("} is missing")
            self.at += 1
        return bool(match[1]), self.chain(name, members)

    def reference_path(self) -> tuple[str, list[tuple[str, Any]]]:
        """A reference that is assigned to: its name and fields."""
        match = re.compile(r"\$(\{?)").match(self.text, self.at)
        if not match:
            raise self.fail("a reference is missing")
        self.at = match.end()
        found = self.name(), self.members()
        if match[1]:
            self.expect("}")
        return found

    def name(self) -> str:
        """A name."""
        match = NAME.match(self.text, self.at)
        if not match:
            raise self.fail("a name is missing")
        self.at = match.end()
        return match[0]

    def members(self) -> list[tuple[str, Any]]:
        """.member, .method(...), [index]"""
        found: list[tuple[str, Any]] = []
        while self.at < len(self.text):
            if self.text[self.at] == "." and NAME.match(self.text, self.at + 1):
                self.at += 1
                name = self.name()
                if self.text.startswith("(", self.at):
                    self.at += 1
                    found.append((name, self.items(")")))
                else:
                    found.append(("member", lambda state, name=name: name))
            elif self.text[self.at] == "[":
                self.at += 1
                index = self.expression()
                self.expect("]")
                found.append(("member", index))
            else:
                break
        return found

    @staticmethod
    def chain(name: str, members: list[tuple[str, Any]]) -> Value:
        """The evaluator of a reference."""

        def value(state: State) -> Any:
            state.step()
            found = state.scope.get(name, UNKNOWN)
            for kind, argument in members:
                if found is UNKNOWN or found is None:
                    return None
                if kind == "member":
                    found = member(found, argument(state))
                else:
                    found = call(found, kind, [item(state) for item in argument])
            return found

        return value

    # expressions, weakest first

    def expression(self) -> Value:
        """An expression."""
        return self.binary(0)

    LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))

    def binary(self, level: int) -> Value:
        """Operators of one strength, left to right."""
        if level == len(self.LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while (operator := self.peek() or "") in self.LEVELS[level]:
            self.take()
            left = operation(operator, left, self.binary(level + 1))
        return left

    def unary(self) -> Value:
        """! and parentheses, then a value."""
        operator = self.peek()
        if operator == "!":
            self.take()
            inner = self.unary()
            return lambda state: not truth(inner(state))
        if operator == "(":
            self.take()
            inner = self.expression()
            self.expect(")")
            return inner
        return self.literal()

    def literal(self) -> Value:
        """A reference, a number, a string, a list, a map, true, false or null."""
        self.skip()
        rest = self.text[self.at : self.at + 1]
        if rest == "$":
            return self.reference()[1]
        if rest in "'\"" and rest:
            return self.string(rest)
        if rest == "[":
            self.at += 1
            return self.list_of()
        if rest == "{":
            self.at += 1
            return self.map_of()
        if number := NUMBER.match(self.text, self.at):
            self.at = number.end()
            constant = float(number[0]) if number[1] else int(number[0])
            return lambda state: constant
        word = self.name()
        words = {"true": True, "false": False, "null": None}
        if word not in words:
            raise self.fail(f"'{word}' is not a value")
        return lambda state: words[word]

    def string(self, quote: str) -> Value:
        """'verbatim' or "with $references in it"; a quote is doubled inside."""
        match = re.compile(rf"{quote}((?:[^{quote}]|{quote}{quote})*){quote}").match(self.text, self.at)
        if not match:
            raise self.fail("a string is not closed")
        self.at = match.end()
        text = match[1].replace(quote * 2, quote)
        if quote == "'":
            return lambda state: text
        return type(self)(text).block(())

    def list_of(self) -> Value:
        """[a, b] or [1..3]"""
        if self.peek() == "]":
            self.take()
            return lambda state: []
        first = self.expression()
        if self.peek() == "..":
            self.take()
            last = self.expression()
            self.expect("]")
            return lambda state: span(first(state), last(state))
        items = [first]
        while self.peek() == ",":
            self.take()
            items.append(self.expression())
        self.expect("]")
        return lambda state: [item(state) for item in items]

    def map_of(self) -> Value:
        """{'a': b}"""
        pairs: list[tuple[Value, Value]] = []
        while self.peek() != "}":
            key = self.expression()
            self.expect(":")
            pairs.append((key, self.expression()))
            if self.peek() == ",":
                self.take()
        self.take()
        return lambda state: {java_text(key(state)): value(state) for key, value in pairs}

    def items(self, end: str) -> list[Value]:
        """Arguments up to `end`."""
        found = []
        while self.peek() != end:
            found.append(self.expression())
            if self.peek() == ",":
                self.take()
            elif self.peek() != end:
                raise self.fail(f"{end} is missing")
        self.take()
        return found

    def peek(self) -> str | None:
        """The operator that comes next."""
        match = TOKEN.match(self.text, self.at)
        return WORDS.get(match[1], match[1]) if match else None

    def take(self) -> None:
        """Go past the operator that comes next."""
        match = TOKEN.match(self.text, self.at)
        if match:
            self.at = match.end()

    def expect(self, operator: str) -> None:
        """Go past one operator that must come next."""
        if self.peek() != operator:
            raise self.fail(f"{operator} is missing")
        self.take()

    def skip(self) -> None:
        """Go past blanks."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1


def operation(operator: str, left: Value, right: Value) -> Value:
    """A binary operator; nothing instead of an error, as Velocity does."""
    if operator == "&&":
        return lambda state: truth(left(state)) and truth(right(state))
    if operator == "||":
        return lambda state: truth(left(state)) or truth(right(state))

    def value(state: State) -> Any:
        a, b = left(state), right(state)
        try:
            return OPERATORS[operator](a, b)
        except (TypeError, ZeroDivisionError):
            return None

    return value


def span(first: Any, last: Any) -> list[int]:
    """[first..last], either way, of a bounded length."""
    if abs(int(last) - int(first)) > MAX_STEPS:
        raise VtlError("the range is too long")
    step = 1 if last >= first else -1
    return list(range(int(first), int(last) + step, step))

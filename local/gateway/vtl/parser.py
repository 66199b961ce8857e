"""Mapping templates: the Velocity Template Language as far as API Gateway's reference shows it in use.

    text  $reference  ${reference}  $!reference  #set  #if #elseif #else #end  #foreach  ## comment  #* comment *#

A template is compiled once; what cannot be compiled raises VtlError, so that a start can refuse it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.gateway.vtl.expressions import Expressions, Scope, State, Value
from local.gateway.vtl.values import UNKNOWN, VtlError, java_text, member, truth

Node = Callable[[State], str]

DIRECTIVE = re.compile(r"#(\{)?(set|if|elseif|else|end|foreach|stop)(?(1)\})")


@dataclass
class Block:
    """Nodes in a row."""

    nodes: list[Node] = field(default_factory=list)

    def __call__(self, state: State) -> str:
        out = []
        for node in self.nodes:
            if state.stopped:
                break
            state.step()
            out.append(node(state))
        return "".join(out)


def compiled(template: str) -> Callable[[Scope], str]:
    """A template ready to be rendered with a scope. Raises VtlError."""
    parser = Parser(template)
    block = parser.block(())
    return lambda scope: block(State(scope))


class Parser(Expressions):
    """Reads a template from left to right."""

    # text, references and directives

    def block(self, ends: tuple[str, ...]) -> Block:
        """Everything up to one of `ends`, which is left to the caller."""
        found = Block()
        while self.at < len(self.text):
            if self.text.startswith("##", self.at):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end + 1
            elif self.text.startswith("#*", self.at):
                end = self.text.find("*#", self.at)
                self.at = len(self.text) if end < 0 else end + 2
            elif directive := DIRECTIVE.match(self.text, self.at):
                if directive[2] in ends:
                    return found
                self.at = directive.end()
                found.nodes.append(self.directive(directive[2]))
            elif self.text[self.at] == "$" and (node := self.shown_reference()):
                found.nodes.append(node)
            else:
                found.nodes.append(self.plain())
        if ends:
            raise self.fail("#end is missing")
        return found

    def plain(self) -> Node:
        """Text up to what may begin something else."""
        match = re.compile(r".[^#$]*", re.DOTALL).match(self.text, self.at)
        assert match
        self.at = match.end()
        text = match[0]
        return lambda state: text

    def directive(self, name: str) -> Node:
        """The argument after a directive's name."""
        readers = {"set": self.assignment, "if": self.condition, "foreach": self.loop}
        if name == "stop":
            return stop
        if name not in readers:
            raise self.fail(f"#{name} has no matching start")
        return readers[name]()

    def assignment(self) -> Node:
        """#set($a.b = expression)"""
        self.expect("(")
        self.skip()
        target = self.reference_path()
        self.expect("=")
        value = self.expression()
        self.expect(")")
        self.swallow_line_end()
        name, members = target[0], target[1]

        def node(state: State) -> str:
            assign(state, name, [member(state) for kind, member in members if kind == "member"], value(state))
            return ""

        return node

    def condition(self) -> Node:
        """#if(a) ... #elseif(b) ... #else ... #end"""
        branches: list[tuple[Value, Block]] = []
        otherwise = Block()
        self.expect("(")
        test = self.expression()
        self.expect(")")
        while True:
            body = self.block(("elseif", "else", "end"))
            branches.append((test, body))
            word = self.ending()
            if word == "elseif":
                self.expect("(")
                test = self.expression()
                self.expect(")")
                continue
            if word == "else":
                otherwise = self.block(("end",))
                self.ending()
            break

        def node(state: State) -> str:
            for check, then in branches:
                if truth(check(state)):
                    return then(state)
            return otherwise(state)

        return node

    def loop(self) -> Node:
        """#foreach($item in expression) ... #end"""
        self.expect("(")
        self.skip()
        name, _ = self.reference_path()
        self.skip()
        if not self.text.startswith("in", self.at):
            raise self.fail("#foreach needs 'in'")
        self.at += 2
        items = self.expression()
        self.expect(")")
        body = self.block(("end",))
        self.ending()

        return lambda state: repeated(state, name, items(state), body)

    def ending(self) -> str:
        """The directive that ended a block."""
        directive = DIRECTIVE.match(self.text, self.at)
        assert directive
        self.at = directive.end()
        if directive[2] == "end":
            self.swallow_line_end()
        return directive[2]

    def swallow_line_end(self) -> None:
        """A directive alone at the end of its line takes the line break with it."""
        match = re.compile(r"[ \t]*\r?\n").match(self.text, self.at)
        if match:
            self.at = match.end()

    def shown_reference(self) -> Node | None:
        """$a.b(c) in the text; shown as written when it is nothing."""
        begin = self.at
        try:
            quiet, value = self.reference()
        except VtlError:
            if re.compile(r"\$!?\{?[A-Za-z_]").match(self.text, begin):
                raise
            self.at = begin
            return None
        written = "" if quiet else self.text[begin : self.at]

        def node(state: State) -> str:
            found = value(state)
            return written if found is None or found is UNKNOWN else java_text(found)

        return node


def repeated(state: State, name: str, found: Any, body: Block) -> str:
    """#foreach: the body for each item, with what it may ask of its place ($foreach)."""
    out = []
    sequence = list(found.values() if isinstance(found, dict) else found or [])
    outer = state.scope.get("foreach")
    for index, item in enumerate(sequence):
        state.step()
        state.scope[name] = item
        state.scope["foreach"] = {
            "index": index,
            "count": index + 1,
            "hasNext": index + 1 < len(sequence),
            "first": index == 0,
            "last": index + 1 == len(sequence),
        }
        state.scope["velocityCount"] = index + 1
        out.append(body(state))
    state.scope["foreach"] = outer
    return "".join(out)


def stop(state: State) -> str:
    """#stop"""
    state.stopped = True
    return ""


def assign(state: State, name: str, members: list[Any], value: Any) -> None:
    """#set, also of a field of a map that exists."""
    if not members:
        state.scope[name] = value
        return
    target = state.scope.setdefault(name, {})
    for key in members[:-1]:
        target = target.setdefault(java_text(key), {}) if isinstance(target, dict) else member(target, key)
    if isinstance(target, dict):
        target[java_text(members[-1])] = value

"""The place of a mistake that only shows as an error of the code that reads the template.

A part is at fault if the error goes away with it. The parts are tried one by one, from the outside to the inside.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import IntEnum
from typing import Any

from local.template.shape import SECTIONS
from local.template.source import Source, TemplateError, Trail, at

WRONG = (AttributeError, TypeError, LookupError, ValueError, RuntimeError, AssertionError)
MOST = 250  # readings
SHOWN = ("Resources", "Properties")  # keys that say nothing to a reader

Read = Callable[[Source], Any]


class Outcome(IntEnum):
    """The result of a reading without one part of the template."""

    READ = 0
    REFUSED = 1  # for another reason
    WRONG = 2


@contextlib.contextmanager
def located(source: Source, read: Read) -> Iterator[None]:
    """Turn an error of the code inside into a TemplateError with its line; `read` does the same with another source."""
    try:
        yield
    except WRONG as error:
        trail = culprit(source, read)
        name = ".".join(str(key) for key in trail if key not in SHOWN) or "the template"
        text = f"{source.place(*trail)}: {name} cannot be read; check its type and value in the AWS reference"
        raise TemplateError(text) from error


def culprit(source: Source, read: Read, wrong: tuple[type[Exception], ...] = WRONG) -> Trail:
    """The innermost part without which none of the `wrong` errors is raised."""
    tries = Tries(source, read, wrong)
    trail: Trail = ()
    while found := tries.better(trail):
        trail = found
    return trail


class Tries:
    """Readings of a template, each without one of its parts."""

    def __init__(self, source: Source, read: Read, wrong: tuple[type[Exception], ...]) -> None:
        self.source, self.read, self.wrong, self.left = source, read, wrong, MOST

    def better(self, trail: Trail) -> Trail | None:
        """The outermost part below `trail` without which the template can be read.

        If there is none, because others need every such part, one without which the error is another.
        """
        level, otherwise = [trail], None
        while level:
            refused = []
            for part in (child for node in level for child in children(self.source.tree, node)):
                match self.outcome(part):
                    case Outcome.READ:
                        return part
                    case Outcome.REFUSED:
                        refused.append(part)
            otherwise = otherwise or next(iter(refused), None)
            level = refused
        return otherwise

    def outcome(self, trail: Trail) -> Outcome:
        """The result of a reading without one part."""
        self.left -= 1
        if self.left < 0:
            return Outcome.WRONG
        tree = copy.deepcopy(self.source.tree)
        del at(tree, trail[:-1])[trail[-1]]
        try:
            self.read(replace(self.source, tree=tree))
        except self.wrong:
            return Outcome.WRONG
        except (*WRONG, TemplateError):
            return Outcome.REFUSED
        return Outcome.READ


def children(tree: Any, trail: Trail) -> list[Trail]:
    """The parts of one part."""
    node = at(tree, trail)
    if isinstance(node, dict):
        return [(*trail, key) for key in node if trail or key in SECTIONS]
    return [(*trail, place) for place in range(len(node))] if isinstance(node, list) else []

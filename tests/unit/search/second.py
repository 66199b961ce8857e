"""A second rule for words, really different from the first: accents and strokes matter, and hyphens join."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from search.words import Rule
from tests.unit.search import oracle


def folded(text: str) -> str:
    """Without case and width only."""
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return once if once == text else folded(once)


def divided(text: str, alone: bool) -> list[str]:
    """Letters and digits, joined by hyphens. No script is special."""
    return [word[:64] for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", text)]


SECOND = Rule(2, folded, divided)


@contextmanager
def told() -> Iterator[None]:
    """Makes the oracle one of the second rule, whose words are not what is tested."""
    before = oracle.plain, oracle.words
    oracle.plain, oracle.words = folded, lambda text, stored=True: divided(folded(text), stored)
    try:
        yield
    finally:
        oracle.plain, oracle.words = before

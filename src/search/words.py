"""The words of names, emails and queries. This module states the rule; docs/how-to/search.md explains it.

A text is folded (search.folding) and split at all that is no letter, mark or digit. Apostrophes join: O'Brien is one
word. Chinese, Japanese and Korean texts have no spaces, so that each pair of neighbouring characters is a word. An
email has the words of its local part, and its domain as one word, with its dots.

A changed rule is a new `Rule` beside the old one, with the next generation. The generation is part of all keys of the
index, so that each rule has its own index. docs/how-to/search.md has the steps from one to the next.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from search.folding import folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 64  # characters of a word that count
MOST_DRIVERS = 3  # words of a query by which a search is tried
MOST_OF_NAME, MOST_OF_EMAIL = 40, 7  # words that count; the domain is one more
_JOINING = "'\u2019\u02bc\uff07"
# Chinese, Japanese and Korean characters: each is a syllable or a word.
_DENSE = (
    (0x1100, 0x11FF),
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x303C),
    (0x3041, 0x3096),
    (0x309D, 0x309F),
    (0x30A1, 0x30FA),
    (0x30FC, 0x30FF),
    (0x3105, 0x318F),
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFF),
)


def divided(text: str, alone: bool) -> list[str]:
    """The words of a folded text in their order. With `alone`, the last character of a dense run is a word too."""
    return [word for run in _runs(text) for word in _words_of_run(run, alone=alone)]


def _label(label: str) -> str:
    """A label as people read it."""
    if label[:4].lower() != "xn--":
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except ValueError:
        return label


def _runs(text: str) -> Iterator[list[str]]:
    """The runs of letters, marks and digits of a folded text, as characters that have their marks with them."""
    run: list[str] = []
    for character in text:
        kind = unicodedata.category(character)[0]
        if kind == "M" and run:
            run[-1] += character
        elif kind in "LNM":
            run.append(character)
        elif run and character not in _JOINING:
            yield run
            run = []
    if run:
        yield run


def _words_of_run(run: list[str], *, alone: bool) -> Iterator[str]:
    start = 0
    for end in range(1, len(run) + 1):
        if end == len(run) or _is_dense(run[end]) != _is_dense(run[start]):
            yield from _pairs(run[start:end], alone) if _is_dense(run[start]) else ["".join(run[start:end])[:LONGEST]]
            start = end


def _pairs(run: list[str], alone: bool) -> list[str]:
    pairs = [first + second for first, second in pairwise(run)]
    return [*pairs, run[-1]] if alone or not pairs else pairs


def _is_dense(character: str) -> bool:
    code = ord(character[0])
    return code >= _DENSE[0][0] and any(low <= code <= high for low, high in _DENSE)


def _distinct(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


class Rule:
    """A rule for words, and the generation of the index that follows it.

    `folded(text)` is the form in which texts are compared. `divided(folded, alone)` gives the words.
    """

    __slots__ = ("_divided", "folded", "generation")

    def __init__(
        self, generation: int, folded: Callable[[str], str], divided: Callable[[str, bool], list[str]]
    ) -> None:
        self.generation, self.folded, self._divided = generation, folded, divided

    def words_of(self, text: str) -> list[str]:
        """The words of a stored text. The last character of a dense run is one, so that it is found alone."""
        return self._divided(self.folded(text), True)

    def parts_of(self, text: str) -> list[str]:
        """The words of a query's text, each of which has to be the beginning of a stored word."""
        return self._divided(self.folded(text), False)

    def domain_word(self, domain: str) -> str:
        """The word of a domain: all of it, in Unicode."""
        return self.folded(".".join(map(_label, domain.split("."))))[:LONGEST]


FIRST = Rule(1, folded, divided)
# The rules whose indexes follow the users, the served one first, and the rule that searches read.
KEPT: tuple[Rule, ...] = (FIRST,)
SERVED = FIRST


class Words:
    """The words that a user is found by, each once: those of the name, and those that only the email has."""

    __slots__ = ("domain", "email", "name")

    def __init__(self, name: str, email: str, rule: Rule = SERVED) -> None:
        local, _, domain = email.rpartition("@")
        self.name = _distinct(rule.words_of(name))[:MOST_OF_NAME]
        others = [word for word in _distinct(rule.words_of(local)) if word not in self.name]
        self.domain = rule.domain_word(domain)
        self.email = [*others[:MOST_OF_EMAIL], *([self.domain] if self.domain else [])]


class Term:
    """One word of a query as it is typed: all its parts have to match, or else all of it begins the domain."""

    __slots__ = ("parts", "whole")

    def __init__(self, text: str, rule: Rule) -> None:
        self.parts = rule.parts_of(text)
        # "maria.schmidt" or "example.com". A text whose first part has one character is read as words only.
        self.whole = rule.folded(text)[:LONGEST] if len(self.parts) > 1 and len(self.parts[0]) > 1 else ""

    @property
    def drivers(self) -> list[str]:
        """The parts that every match has: with another reading, the beginning of both."""
        return self.parts[:1] if self.whole else self.parts

    def matches(self, words: list[str], domain: str) -> bool:
        """Whether a user with these words is found."""
        found = all(any(word.startswith(part) for word in words) for part in self.parts)
        return found or (bool(self.whole) and domain.startswith(self.whole))


class Terms:
    """The terms of a query. `drivers` are the longest parts that every match has, of two characters at least."""

    __slots__ = ("drivers", "terms")

    def __init__(self, text: str, rule: Rule = SERVED) -> None:
        chunks = [chunk for written in text.split() for chunk in written.split("@")]
        self.terms = [term for term in (Term(chunk, rule) for chunk in chunks) if term.parts]
        drivers = [part for term in self.terms for part in term.drivers if len(part) > 1]
        self.drivers = sorted(dict.fromkeys(drivers), key=len, reverse=True)[:MOST_DRIVERS]

    @property
    def driver(self) -> str:
        """The longest part that every match has; "" if none has two characters."""
        return self.drivers[0] if self.drivers else ""

    def match(self, words: list[str], domain: str) -> bool:
        """Whether a user with these words has a match for every term."""
        return all(term.matches(words, domain) for term in self.terms)

"""The project speaks of itself: no machine, no place where packages come from, nobody's notes."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, documents, project_files, unpacked_files

# Written apart, so that this file does not name them either.
MACHINE = ["/wo" + "rk/", "/ro" + "ot/", "/tmp/" + "bash", "/ho" + "me/", ".libr" + "ary", "/sha" + "red/"]
HOSTS = ["pypi" + ".org", "python" + "hosted", "registry." + "npmjs", "deb." + "debian", "arti" + "factory"]
WORDS = ["help" + "er", "seed " + "document", "lang" + "uage model", "chat" + "gpt", "clau" + "de", "co" + "pilot"]
NUMBERS = r"\b(?:issue|pull request|ticket)s? #?\d+\b|(?<![\w&#(/])#\d+\b"
TEXTS = (".md", ".py", ".sh", ".yaml", ".yml", ".toml", ".json", ".svg", ".txt", ".in", ".example", "Makefile", "run")
LOCKS = re.compile(r"^requirements(/.*)?\.(txt|json)$|package-lock")  # lists of packages name where they come from


def words(text: str, *lists: list[str]) -> list[str]:
    """Those that a text has."""
    low = text.lower()
    return [word for words in lists for word in words if word in low]


def numbers(text: str) -> list[str]:
    """Numbers of issues in a text."""
    return re.findall(NUMBERS, text, re.IGNORECASE)


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
def test_a_page_speaks_of_the_project(page):
    assert words(page.text, MACHINE, HOSTS, WORDS) == []
    assert numbers(page.prose) == []


def test_no_file_names_a_machine_or_a_registry():
    named = {
        name: found
        for name in project_files()
        if name.endswith(TEXTS)
        and not LOCKS.search(name)
        and (found := words((ROOT / name).read_text(encoding="utf-8"), MACHINE[:4], HOSTS))
    }
    assert named == {}


def test_the_files_are_the_same_without_git():
    assert sorted(unpacked_files()) == project_files()


@pytest.mark.parametrize("text", ["see /wo" + "rk/main", "from PyPI" + ".org", "a Help" + "er function"])
def test_a_word_is_noticed(text):
    assert words(text, MACHINE, HOSTS, WORDS)


@pytest.mark.parametrize("text", ["as in issue 12", "fixes #7", "Pull request #3"])
def test_a_number_is_noticed(text):
    assert numbers(text)
    assert not numbers("[here](#7-watch) and cursor-secret#1")

"""The plain list of a stack with search loads what reads the index only if a request asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.server import ROOT

OF_THE_INDEX = {"search.words", "search.folding", "search.finder", "search.walk", "search.query", "search.cursors"}


def loaded(statement: str) -> set[str]:
    """The modules that are loaded after a statement."""
    code = f"import sys\nsys.path.insert(0, 'src')\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_handler_loads_nothing_of_the_index():
    assert not loaded("import search.list_users") & {*OF_THE_INDEX, "unicodedata"}


@pytest.mark.parametrize("handler", ["handlers.list_users", "signed_in.list_users"])
def test_a_list_without_search_loads_nothing_of_it(handler):
    assert not {name for name in loaded(f"import {handler}") if name.split(".")[0] == "search"}


def test_a_word_loads_the_rule_for_words():
    assert "search.words" in loaded("from search.parameters import PARAMETERS\nPARAMETERS['q']('ada')")

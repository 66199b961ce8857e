"""The tree of errors."""

from __future__ import annotations

import re

import pytest

from users import errors as of_users
from utils import errors
from utils.errors import AppError


def tree(base=AppError):
    return [base, *(found for child in base.__subclasses__() for found in tree(child))]


MODULES = {module.__name__: module for module in (errors, of_users)}
KINDS = [kind for kind in tree() if kind.__module__ in MODULES]
LEAVES = [kind for kind in KINDS if not set(kind.__subclasses__()) & set(KINDS)]


def test_each_failure_has_a_code_and_a_title_of_its_own():
    assert len({kind.code for kind in LEAVES}) == len(LEAVES) == len({kind.title for kind in LEAVES})


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_the_drawn_tree_is_the_tree(kind):
    drawn = MODULES[kind.__module__].__doc__
    assert re.search(rf"{kind.__name__} +{kind.status}  {kind.code}$", drawn, re.MULTILINE)


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_the_tree_draws_nothing_else(module):
    drawn = set(re.findall(r"[├└]── (\w+)", module.__doc__))
    own = [kind for kind in KINDS if kind.__module__ == module.__name__]
    assert drawn == {above.__name__ for kind in own for above in kind.mro() if above in KINDS} - {"AppError"}


def test_what_cannot_be_answered_now_says_when_to_come_back():
    assert errors.ServiceUnavailable().headers == {"Retry-After": "1"}
    assert errors.RequestInProgress().headers == {"Retry-After": "1"}
    assert errors.PreconditionFailed('"4"').headers == {"ETag": '"4"'}


def test_a_sentence_can_be_said_more_exactly():
    assert errors.InvalidJson().detail == "The body is not valid JSON."
    assert errors.InvalidJson("Not UTF-8.").detail == "Not UTF-8."

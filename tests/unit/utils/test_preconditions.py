"""If-Match and If-None-Match, as RFC 9110 writes them."""

from __future__ import annotations

import pytest

from utils.errors import InvalidHeader
from utils.preconditions import ANY, MOST_TAGS, Precondition, etag, precondition


def if_match(value):
    return precondition({"if-match": value}).match


def if_none_match(value):
    return precondition({"if-none-match": value}).none_match


def test_no_header_asks_nothing():
    asked = precondition({})
    assert (asked.match, asked.none_match) == (None, None)
    assert asked.holds(1)


@pytest.mark.parametrize(
    ("value", "versions"),
    [
        ('"3"', [3]),
        ('"3","4"', [3, 4]),
        (' "3" ,\t"4" ', [3, 4]),
        (',, "3",, ,"4",', [3, 4]),
        ('W/"3"', []),
        ('W/"3", "4"', [4]),
        ('"old"', []),
        ('""', []),
        ('"03"', []),
        ('"0"', []),
        ('"-1"', []),
        ('"1.0"', []),
        ('"1,2"', []),
        ('"' + "9" * 15 + '"', [10**15 - 1]),
        ('"' + "9" * 16 + '"', []),
        ('"\xe9"', []),
    ],
)
def test_if_match_names_versions_and_compares_strongly(value, versions):
    assert if_match(value) == versions


def test_if_none_match_compares_weakly():
    assert if_none_match('W/"3", "4", W/"x"') == [3, 4]


@pytest.mark.parametrize("value", ["*", " * ", "\t*"])
def test_a_star_is_any(value):
    assert if_match(value) == ANY
    assert if_none_match(value) == ANY


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ",",
        "3",
        "'3'",
        '"3',
        '3"',
        '"3" "4"',
        '*, "3"',
        '"3", *',
        'w/"3"',
        'W /"3"',
        '"a b"',
        '"3"\n',
        '"\x7f"',
    ],
)
def test_bad_grammar_is_refused_and_named(value):
    with pytest.raises(InvalidHeader, match="If-Match must be"):
        if_match(value)
    with pytest.raises(InvalidHeader, match="If-None-Match must be"):
        if_none_match(value)


def test_the_list_has_an_end():
    assert len(if_match(",".join(['"1"'] * MOST_TAGS))) == MOST_TAGS
    with pytest.raises(InvalidHeader):
        if_match(",".join(['"1"'] * (MOST_TAGS + 1)))


@pytest.mark.parametrize(
    ("match", "none_match", "holds"),
    [
        (None, None, True),
        (ANY, None, True),
        ([2], None, True),
        ([1, 3], None, False),
        ([], None, False),
        (None, ANY, False),
        (None, [2], False),
        (None, [3], True),
        (None, [], True),
        ([2], [2], False),
    ],
)
def test_both_parts_must_hold(match, none_match, holds):
    assert Precondition(match, none_match).holds(2) is holds


def test_the_tag_of_a_version_is_strong_and_reads_back():
    assert etag(7) == '"7"'
    assert if_match(etag(7)) == [7]

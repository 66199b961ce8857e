"""Cells that no spreadsheet executes, and that are read back unchanged."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfers.cells import HEADER, line_of, original, safe, value_of
from users.user import FIELD_NAMES

START = tuple("=+-@\t\r\n＝＋－＠")
TEXTS = st.text(st.sampled_from("=+-@'\t\r\n,;|\"a ＝"), max_size=12)


@given(TEXTS)
def test_a_cell_is_read_back_unchanged(text):
    assert original(safe(text)) == text


@given(TEXTS, st.sampled_from(",;\t|"))
def test_no_cell_begins_a_formula_whatever_ends_a_cell(text, delimiter):
    line = line_of({"userId": "u", "name": text, "email": "e", "createdAt": "c", "updatedAt": "t"})
    for row in csv.reader(io.StringIO(line, newline=""), delimiter=delimiter):
        assert not [cell for cell in row if cell.startswith(START)], (line, row)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"),
        ("'=1", "''=1"),
        ("O'Neil", "O'Neil"),
        ("'plain", "'plain"),
        ("a;=1", "a;'=1"),
        ("a-b", "a-b"),
        ("a=1", "a=1"),
        ("＝1", "'＝1"),
    ],
)
def test_an_apostrophe_stands_before_a_formula(text, cell):
    assert safe(text) == cell


def test_integers_are_read_where_a_field_is_one():
    assert value_of("age", "36") == 36
    assert value_of("age", " 36 ") == 36
    assert value_of("age", "'-5") == "-5"
    assert value_of("age", "-5") == -5
    assert value_of("age", "٣") == "٣"
    assert value_of("name", "36") == "36"


def test_a_line_has_every_field_in_the_order_of_the_header():
    user = {name: name for name in FIELD_NAMES}
    assert next(csv.reader([line_of(user)])) == next(csv.reader([HEADER]))

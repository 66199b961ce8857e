"""JSON to the letter of RFC 8259."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.errors import DuplicateField, InvalidJson
from utils.strict_json import MAX_DEPTH, parse

MALFORMED = [
    b"",
    b" ",
    b'{"name":"A"',
    b"{} {}",
    b"{}garbage",
    b"{'a':1}",
    b'{"a":1,}',
    b"[1,]",
    b"nul",
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":-Infinity}',
    b'{"a":1e400}',
    b'{"a":-1e400}',
    b'{"a":01}',
    b'{"a":.5}',
    b'{"a":+1}',
    b'{"a":"\t"}',
    b'{"a":"\x00"}',
    b'{"a":"\\x"}',
    b"\xef\xbb\xbf{}",
    '{"a":"é"}'.encode("latin-1"),
    '{"a":1}'.encode("utf-16"),
    b"\xed\xa0\x80",
    b'{"a":"\xc0\xaf"}',
    b"[" * 100_000,
    b"[" * 33 + b"]" * 33,
    b'{"a":' * 33 + b"1" + b"}" * 33,
]


@pytest.mark.parametrize("raw", MALFORMED, ids=lambda raw: repr(raw[:20]))
def test_what_is_not_json_is_refused(raw):
    with pytest.raises(InvalidJson):
        parse(raw)


def test_the_reason_is_told_where_it_is_known():
    for raw, words in [(b"\xff", "UTF-8"), (b"[" * 40 + b"]" * 40, "nested"), (b"NaN", "NaN"), (b"1e999", "too large")]:
        with pytest.raises(InvalidJson, match=words):
            parse(raw)


@pytest.mark.parametrize("raw", [b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}', b'[{"a":1,"\\u0061":2}]'])
def test_a_member_named_twice_is_refused(raw):
    with pytest.raises(DuplicateField):
        parse(raw)


def test_nesting_is_counted_outside_strings_only():
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    text = "[{" * 50 + '"\\"[['
    assert parse(json.dumps([text]).encode()) == [text]
    assert parse(json.dumps([[]] * 100).encode()) == [[]] * 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30", 30),
        ("30.0", 30),
        ("3e1", 30),
        ("3E+1", 30),
        ("0.3e2", 30),
        ("300e-1", 30),
        ("1.5e2", 150),
        ("-0", 0),
        ("-0.0", 0),
        ("0e99999", 0),
        ("-3e0", -3),
        ("1e20", 10**20),
    ],
)
def test_a_whole_number_is_an_int_however_it_is_written(text, value):
    parsed = parse(text.encode())
    assert type(parsed) is int
    assert parsed == value


@pytest.mark.parametrize("text", ["30.5", "30.0000000000000000000001", "1e-1", "300e-3", "1e-99999999999999999999"])
def test_a_fraction_is_none(text):
    assert type(parse(text.encode())) is float


@pytest.mark.parametrize("digits", [41, 5000, 16000])
def test_a_number_of_thousands_of_digits_is_out_of_every_range_and_no_fault(digits):
    assert parse(b"9" * digits) > 10**39
    assert parse(b"-" + b"9" * digits) < -(10**39)
    assert type(parse(b"1e300")) is int


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_whatever_json_can_say_comes_through(document):
    for ascii_only in (True, False):
        text = json.dumps(document, ensure_ascii=ascii_only)
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            continue  # a lone surrogate can be written only as an escape
        assert parse(raw) == document


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6).filter(lambda number: abs(number) < 10**15))
def test_whole_or_not_is_decided_exactly(number):
    parsed = parse(format(number, "E").replace("E", "e").encode())
    assert (type(parsed) is int) == (number == number.to_integral_value())
    if type(parsed) is int:
        assert Decimal(parsed) == number

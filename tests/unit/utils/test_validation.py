"""Fields, and all problems at once."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n.derived import derived_property
from precis_i18n.unicode import UnicodeData

from tests.support.characters import VARIED
from users.errors import InvalidUser
from users.model import FIELDS, invalid
from utils.validation import Field, integer, text, trimmed, validated

ANN = {"name": "Ann", "email": "ann@example.com"}
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


def problems(document, partial=False):
    with pytest.raises(InvalidUser) as caught:
        validated(document, FIELDS, invalid, partial)
    return [(error["pointer"], error["code"]) for error in caught.value.errors]


def message(document, partial=False):
    with pytest.raises(InvalidUser) as caught:
        validated(document, FIELDS, invalid, partial)
    return caught.value.errors[0]["message"]


@pytest.mark.parametrize("document", [[], "x", 1, None, True, [ANN]])
def test_a_body_is_an_object(document):
    assert problems(document) == [("", "invalid_type")]
    assert message(document) == "The body must be a JSON object."


def test_every_problem_is_reported_with_its_pointer():
    document = {"email": "nobody", "age": 0, "nickname": "x", "a/b~c": 1, "userId": "1"}
    assert problems(document) == [
        ("/nickname", "unknown_field"),
        ("/a~1b~0c", "unknown_field"),
        ("/userId", "read_only"),
        ("/name", "required"),
        ("/email", "invalid_email"),
        ("/age", "out_of_range"),
    ]


def test_the_sentence_is_the_first_three_problems():
    with pytest.raises(InvalidUser) as caught:
        validated({"a": 1, "b": 1, "c": 1, "d": 1, **ANN}, FIELDS, invalid)
    assert caught.value.detail == "a is not a known field. b is not a known field. c is not a known field."


@pytest.mark.parametrize("name", ["Name", "EMAIL", "agee", "__proto__", "constructor", "nаme", "", " name"])
def test_no_name_is_nearly_right(name):
    assert problems({**ANN, name: "x"}) == [(f"/{name}", "unknown_field")]


def test_a_name_that_cannot_be_sent_is_shown_as_far_as_it_can():
    assert problems({**ANN, "\ud800x": 1}) == [("/?x", "unknown_field")]
    assert problems({**ANN, "n" * 200: 1}) == [("/" + "n" * 64, "unknown_field")]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (None, "invalid_type"),
        (1, "invalid_type"),
        (True, "invalid_type"),
        ([], "invalid_type"),
        ("", "too_short"),
        (" \t\r\n ", "too_short"),
        ("\u3000\u2003\xa0", "too_short"),
        ("x" * 101, "too_long"),
        ("é" * 101, "too_long"),
        ("A\x00B", "invalid_characters"),
        ("A\tB", "invalid_characters"),
        ("A\x7fB", "invalid_characters"),
        ("\x1cA", "invalid_characters"),
        ("é\x85x", "invalid_characters"),
        ("é\x00", "invalid_characters"),
        ("A\ud800", "invalid_characters"),
        ("A\u202eB", "invalid_characters"),
        ("A\u2066B", "invalid_characters"),
        ("\u200b\u2060\ufeff\u00ad", "invalid_characters"),
        ("\u3164", "invalid_characters"),
        ("\u2800\u200d \ufe0f", "invalid_characters"),
        ("\U000e0101\u115f\u1160\uffa0", "invalid_characters"),
        # noncharacters (RFC 9839) and unassigned code points that are ignorable by default
        ("A\ufdd0", "invalid_characters"),
        ("A\uffff", "invalid_characters"),
        ("A\U0001fffeB", "invalid_characters"),
        ("A\U0010ffff", "invalid_characters"),
        ("A\u2065B", "invalid_characters"),
        ("A\ufff0B", "invalid_characters"),
        ("\U000e0fff", "invalid_characters"),
        ("A\U000e01f0", "invalid_characters"),
        # separators, annotations, deprecated formats, tags
        ("A\u2028B", "invalid_characters"),
        ("A\u2029B", "invalid_characters"),
        ("A\ufff9B\ufffaC\ufffb", "invalid_characters"),
        ("A\u206aB", "invalid_characters"),
        ("\ufeffAnn", "invalid_characters"),
        ("Ann\ufeff King", "invalid_characters"),
        ("A\U000e0001", "invalid_characters"),
        ("A\U000e0041\U000e0042", "invalid_characters"),
        ("\U0001f3f4\U000e0067\U000e0062", "invalid_characters"),
        ("\U0001f3f4\U000e007f", "invalid_characters"),
        ("\U0001f600\U000e0067\U000e0062\U000e0065\U000e007f", "invalid_characters"),
        ("\U0001f3f4" + "\U000e0067" * 7 + "\U000e007f", "invalid_characters"),
    ],
)
def test_a_name_that_breaks_its_rule(name, code):
    assert problems({**ANN, "name": name}) == [("/name", code)]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("A", "A"),
        ("x" * 100, "x" * 100),
        (f"  {'x' * 100}\t\n", "x" * 100),
        ("\U0001f600" * 100, "\U0001f600" * 100),
        ("e\u0301" * 100, "é" * 100),
        ("\u3000Ann\u2003", "Ann"),
        ("\tAnn\r", "Ann"),
        ("'; DROP TABLE Users;--", "'; DROP TABLE Users;--"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("نور", "نور"),
        ("A\u200dB", "A\u200dB"),
        ("A\u200bB", "A\u200bB"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        (SCOTLAND, SCOTLAND),
        (f"Ann {SCOTLAND}{SCOTLAND}", f"Ann {SCOTLAND}{SCOTLAND}"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("Ann\u2028", "Ann"),
        ("\u0600", "\u0600"),
        ("A\u0378", "A\u0378"),
        ("\u0378", "\u0378"),
        ("\ue000", "\ue000"),
        ("ᄒᆞᆫ", "ᄒᆞᆫ"),
    ],
)
def test_a_name_that_keeps_it_is_trimmed_and_composed(sent, kept):
    assert validated({**ANN, "name": sent}, FIELDS, invalid)["name"] == kept


# What we let through though FreeformClass does not, by the reason that it gives, and why: docs/reference/api.md.
MORE_THAN_FREEFORM = {
    "unassigned": lambda code: unicodedata.category(chr(code)) == "Cn",
    "precis_ignorable_properties": lambda code: unicodedata.category(chr(code)) != "Cn",
    "old_hangul_jamo": lambda code: "HANGUL" in unicodedata.name(chr(code)),
    "exceptions": lambda code: code in (0x640, 0x7FA, 0x302E, 0x302F, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303B),
    "other": lambda code: unicodedata.category(chr(code)) in ("Co", "Cf"),
}


@pytest.mark.parametrize("codes", [VARIED, pytest.param(range(0x80, 0x110000), marks=pytest.mark.slow)])
def test_beside_precis_we_refuse_nothing_more_and_allow_more_where_it_is_written_down(codes):
    tables, more = UnicodeData(), Counter()
    for code in codes:
        kind, why = derived_property(code, tables)
        refused = text(1, 3)(f"a{chr(code)}b") is not None
        if kind in ("DISALLOWED", "UNASSIGNED") and not refused:
            assert MORE_THAN_FREEFORM[why](code), hex(code)
            more[why] += 1
        assert not refused or kind in ("DISALLOWED", "UNASSIGNED"), hex(code)
    assert set(more) == set(MORE_THAN_FREEFORM)


def test_what_is_ignorable_by_default_is_never_what_can_be_seen():
    tables = UnicodeData()
    for code in range(0x80, 0x110000):
        if derived_property(code, tables)[1] == "precis_ignorable_properties":
            assert text(1, 3)(chr(code)) is not None, hex(code)


@pytest.mark.parametrize("age", ["30", True, False, 30.5, [], {}])
def test_an_age_is_an_integer(age):
    assert problems({**ANN, "age": age}) == [("/age", "invalid_type")]


@pytest.mark.parametrize("age", [0, -1, 151, 10**40])
def test_an_age_has_bounds(age):
    assert problems({**ANN, "age": age}) == [("/age", "out_of_range")]
    assert message({**ANN, "age": age}) == "age must be between 1 and 150."


@pytest.mark.parametrize("age", [1, 150])
def test_an_age_at_its_bounds_is_kept(age):
    assert validated({**ANN, "age": age}, FIELDS, invalid) == {**ANN, "age": age}


def test_null_means_absent_on_creation_and_removal_on_change():
    assert validated({**ANN, "age": None}, FIELDS, invalid) == ANN
    assert validated({"age": None}, FIELDS, invalid, partial=True) == {"age": None}


@pytest.mark.parametrize("partial", [False, True])
def test_null_is_told_from_missing(partial):
    assert message({**ANN, "name": None}, partial) == "name must not be null."
    assert problems({**ANN, "email": None}, partial) == [("/email", "invalid_type")]
    assert message({"email": "a@b.co"}) == "name is required."


def test_a_change_names_at_least_one_member_that_can_change():
    for document in ({}, {"userId": "1"}, {"createdAt": "x", "updatedAt": "y"}):
        assert problems(document, partial=True) == [("", "required")]
    assert message({}, partial=True) == "At least one of name, email, age is required."
    assert validated({"name": "B"}, FIELDS, invalid, partial=True) == {"name": "B"}


@pytest.mark.parametrize("name", ["userId", "createdAt", "updatedAt"])
def test_what_the_server_sets_is_refused_on_creation_and_handed_on_at_a_change(name):
    assert problems({**ANN, name: "x"}) == [(f"/{name}", "read_only")]
    assert validated({"age": 1, name: "x"}, FIELDS, invalid, partial=True) == {"age": 1, name: "x"}
    assert validated({"age": 1, name: "x" * 64}, FIELDS, invalid, partial=True)[name] == "x" * 64
    for odd in (None, 1, "é", "\ud800", "x" * 65):
        assert problems({"age": 1, name: odd}, partial=True) == [(f"/{name}", "read_only")]


def test_a_field_cleans_before_it_checks():
    fields = {"word": Field(text(2, 3), clean=trimmed)}
    assert validated({"word": " abc "}, fields, invalid) == {"word": "abc"}
    with pytest.raises(InvalidUser, match="at least 2 characters"):
        validated({"word": " a "}, fields, invalid)
    with pytest.raises(InvalidUser, match="at most 3 characters"):
        validated({"word": "abcd"}, fields, invalid)


def test_one_character_is_one_character():
    assert message({**ANN, "name": ""}) == "name must have at least 1 character."


def test_bounds_are_inclusive():
    check = integer(-1, 1)
    assert [check(value) is None for value in (-2, -1, 0, 1, 2)] == [False, True, True, True, False]


@given(st.text(max_size=120))
def test_a_name_kept_is_a_fixed_point_and_can_be_sent(name):
    try:
        kept = validated({**ANN, "name": name}, FIELDS, invalid)["name"]
    except InvalidUser as error:
        json.dumps(error.errors, ensure_ascii=False).encode()
        return
    assert validated({**ANN, "name": kept}, FIELDS, invalid)["name"] == kept
    assert 1 <= len(kept) <= 100
    assert kept.encode()


def test_a_field_is_what_it_was_made():
    plain, needed, fixed = Field(integer(1, 2)), Field(text(1, 2), required=True), Field(text(1, 2), read_only=True)
    assert (plain.required, plain.read_only) == (False, False)
    assert (needed.required, needed.read_only) == (True, False)
    assert (fixed.required, fixed.read_only) == (False, True)
    assert plain.clean("x") == "x"


def test_the_reasons_are_these():
    assert text(1, 3)(5) == ("invalid_type", "must be a string.")
    assert text(1, 3)("") == ("too_short", "must have at least 1 character.")
    assert text(2, 3)("a") == ("too_short", "must have at least 2 characters.")
    assert text(1, 3)("a") is text(1, 3)("abc") is None
    assert text(1, 3)("abcd") == ("too_long", "must have at most 3 characters.")
    assert text(1, 3)("a\x00") == ("invalid_characters", "must not contain control characters.")
    assert integer(1, 3)("1") == ("invalid_type", "must be an integer.")
    assert integer(1, 3)(4) == ("out_of_range", "must be between 1 and 3.")
    assert integer(1, 3)(1) is integer(1, 3)(3) is None


def test_a_member_that_only_the_server_sets_is_named():
    assert message({**ANN, "updatedAt": "x"}) == "updatedAt is set by the server and cannot be changed."


@pytest.mark.parametrize("name", ["Xavier X", "X", "XAnn", "AnnX"])
def test_nothing_but_white_space_is_trimmed(name):
    assert validated({**ANN, "name": f" {name}\t"}, FIELDS, invalid)["name"] == name

"""The rule for words, against another way to find them and against what readers expect."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.folding import folded
from search.words import LONGEST, SERVED, Terms, Words
from tests.unit.search import oracle, people


@pytest.mark.parametrize(
    ("left", "right"),
    [
        *(("José", "JOSE"), ("Łukasz", "lukasz"), ("Søren", "soren"), ("Straße", "STRASSE"), ("Ｗｉｄｅ", "wide")),
        *(("İpek", "ipek"), ("Irmak", "ırmak"), ("ﬁona", "fiona"), ("Ελένη", "ΕΛΕΝΗ"), ("Ёлка", "елка")),
        *(("שָׁלוֹם", "שלום"), ("مُحَمَّد", "محمد"), ("محـمد", "محمد"), ("ｶﾞｸ", "ガク"), ("e\u0301", "é")),
        *(("葛\U000e0100城", "葛城"), ("a\u200db", "ab"), ("가", "가")),
    ],
)
def test_texts_that_count_as_equal(left, right):
    assert folded(left) == folded(right)


@pytest.mark.parametrize(
    ("left", "right"), [("й", "и"), ("ї", "і"), ("が", "か"), ("राम", "रम"), ("กิ", "ก"), ("ў", "у"), ("o", "0")]
)
def test_letters_that_readers_tell_apart(left, right):
    assert folded(left) != folded(right)


@given(st.text(max_size=30))
def test_folding_again_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


@given(st.text(max_size=30))
def test_case_and_composition_do_not_matter(text):
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text)) == folded(text)


@given(st.text(max_size=30))
def test_words_have_no_spaces_and_no_end_of_keys(text):
    for word in SERVED.words_of(text):
        assert word
        assert len(word) <= LONGEST + 1
        assert word.split() == [word]
        assert "\0" not in word


SCRIPTS = "abzéßÅøł ЁйИа Ωά שָׁ مُد राม กิ 李小龙 ガかｶﾞ々 김민 12 -'’._+ İı"


@given(st.text(st.sampled_from(SCRIPTS), max_size=14))
def test_words_are_those_of_the_other_way(text):
    assert SERVED.words_of(text) == oracle.words(text)


def test_random_names_have_the_words_of_the_other_way():
    chance = random.Random(13)
    for number in range(500):
        user = {"name": people.name(chance), "email": people.email(chance, number)}
        words = Words(user["name"], user["email"])
        assert words.name == oracle.name_words(user), user
        assert words.email == oracle.email_words(user), user


@pytest.mark.parametrize(
    ("name", "email", "found", "missed"),
    [
        (
            "Maria Schmidt",
            "ms@example.com",
            ["maria", "sch", "ms", "example.com", "schmidt mar"],
            ["aria", "com", "xm"],
        ),
        ("Ann", "maria.schmidt@x.co", ["maria.sch", "schmidt.maria", "maria@x"], ["mariasch", "maria@y", "x.co"]),
        ("Jean-Luc O'Brien", "j@x.co", ["jean", "luc", "jean-luc", "obrien", "o’brien"], ["brien"]),
        ("李小龙", "b@例え.jp", ["李小龙", "小龙", "李小", "例え", "例え.jp", "b 龙"], ["李龙", "龙小"]),
        ("Zoë", "z@xn--mller-kva.de", ["zoe", "muller", "müller.de"], ["xn"]),
    ],
)
def test_what_finds_a_user(name, email, found, missed):
    words = Words(name, email)

    def finds(q):
        return Terms(q).match(words.name + words.email, words.domain)

    assert [q for q in found if not finds(q)] == []
    assert [q for q in missed if finds(q)] == []


@pytest.mark.parametrize("q", people.QUERIES)
def test_every_match_of_a_query_has_its_driver(q):
    chance = random.Random(q)
    terms = Terms(q)
    assert terms.driver == oracle.longest(q)
    for number in range(300):
        words = Words(people.name(chance), people.email(chance, number))
        everything = words.name + words.email
        if terms.match(everything, words.domain):
            assert any(word.startswith(terms.driver) for word in everything), (q, everything)


@pytest.mark.parametrize("q", ["", " ", "a", "a b", "!!", "李", "'", "@", "."])
def test_a_query_without_two_characters_has_no_driver(q):
    assert not Terms(q).driver


def test_a_user_has_a_bounded_number_of_words():
    words = Words("李" + "龙小" * 49, ".".join("abcdefghij"[n % 10] + str(n) for n in range(16)) + "@example.com")
    assert len(words.name) <= 40
    assert len(words.email) <= 8

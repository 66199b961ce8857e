"""Idempotency keys and kept answers."""

from __future__ import annotations

import pytest

from users.items import KEPT_SECONDS
from utils.errors import InvalidHeader
from utils.idempotency import IdempotencyKey, replayed, to_text
from utils.response import created

ANN = {"name": "Ann", "email": "ann@example.com"}


def fingerprint(content):
    return IdempotencyKey("anonymous", "k", content).fingerprint


@pytest.mark.parametrize("value", ["k", "!~", "x" * 255, '"quoted"', "8e03978e-40d5-43e8-bc93-6894a57f9324"])
def test_visible_ascii_is_a_key(value):
    key = IdempotencyKey("key:1", value, ANN)
    assert (key.caller, key.value) == ("key:1", value)


@pytest.mark.parametrize("value", ["", " ", "a b", "a, b", "x" * 256, "é", "\x7f", "a\n"])
def test_anything_else_is_not(value):
    with pytest.raises(InvalidHeader, match="1 to 255 visible ASCII characters"):
        IdempotencyKey("anonymous", value, ANN)


def test_the_order_of_members_does_not_matter():
    assert fingerprint(ANN) == fingerprint(dict(reversed(ANN.items())))


@pytest.mark.parametrize("other", [{**ANN, "age": 1}, {**ANN, "name": "ann"}, {"name": "Ann"}, {}])
def test_other_content_has_another_fingerprint(other):
    assert fingerprint(other) != fingerprint(ANN)


def test_a_kept_answer_comes_back_whole_and_marked():
    first = created({"userId": "1", "name": "Zoë"}, location="/users/1", etag='"1"')
    again = replayed(to_text(first))
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers == {**first.headers, "Idempotency-Replayed": "true"}


def test_answers_are_kept_a_day():
    assert KEPT_SECONDS == 86_400

"""The size of an event, against json itself."""

from __future__ import annotations

import json

import pytest

from local.gateway import sizes
from local.gateway.responses import Refusal

EVENT = {"headers": {"X": "é"}, "isBase64Encoded": False}


@pytest.mark.parametrize("text", ["", "plain", 'a "quote" \\ and\n\r\t\b\f', "\x00\x1f\x7f", "é€😀", "\ud800"])
def test_the_size_of_a_string_is_that_of_its_json(text):
    written = json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert sizes.size_in_json(text) == len(written) - 2


def fits(body: str, binary: bool = False) -> bool:
    try:
        sizes.check_event({**EVENT, "body": body, "isBase64Encoded": binary})
    except Refusal:
        return False
    return True


@pytest.mark.parametrize(("character", "size"), [("x", 1), ('"', 2), ("é", 2), ("\x00", 6)])
def test_an_event_of_just_the_limit_fits_and_of_a_character_more_does_not(character, size):
    rest = len(json.dumps({**EVENT, "body": ""}, ensure_ascii=False).encode())
    most = (sizes.MAX_EVENT - rest) // size
    assert fits(character * most)
    assert not fits(character * (most + 1))


def test_a_binary_body_counts_as_its_base64():
    sizes.check_body(b"x" * (sizes.MAX_EVENT // 4 * 3), binary=True)
    with pytest.raises(Refusal):
        sizes.check_body(b"x" * (sizes.MAX_EVENT // 4 * 3 + 1), binary=True)

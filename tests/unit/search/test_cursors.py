"""Cursors of searches: whole, for one query, and for a day."""

from __future__ import annotations

import pytest

from search.cursors import PlaceCursors
from search.finder import Place
from users.cursors import VALID_SECONDS
from utils.errors import ExpiredCursor, InvalidCursor

BOUND = "GET /users?q=mar"
PLACE = Place("2026-01-31T12:00:00.000Z", (2, "maria\0maria schmidt\0é李" + "0" * 36))


@pytest.fixture
def cursors(search):
    return PlaceCursors(search.store.call, search.store.tables.keys, clock=lambda: search.store.now, known={})


def test_a_cursor_is_read_as_it_was_made(cursors):
    made = cursors.encode_place(PLACE, BOUND)
    for text in (made, f'"{made}"'):
        read = cursors.decode_place(text, BOUND)
        assert (read.started, read.rank) == (PLACE.started, PLACE.rank)


def test_a_cursor_of_another_query_is_none(cursors):
    made = cursors.encode_place(PLACE, BOUND)
    with pytest.raises(InvalidCursor):
        cursors.decode_place(made, f"{BOUND}&minAge=3")


def test_a_cursor_of_the_plain_list_is_none(cursors):
    plain = cursors.encode("3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f", BOUND)
    with pytest.raises(InvalidCursor):
        cursors.decode_place(plain, BOUND)
    with pytest.raises(InvalidCursor):
        cursors.decode(cursors.encode_place(PLACE, BOUND), BOUND)


def test_every_changed_character_is_found(cursors):
    made = cursors.encode_place(PLACE, BOUND)
    for at in range(0, len(made), 3):
        wrong = made[:at] + ("A" if made[at] != "A" else "B") + made[at + 1 :]
        with pytest.raises((InvalidCursor, ExpiredCursor)):
            cursors.decode_place(wrong, BOUND)


@pytest.mark.parametrize("text", ["", '""', "AA", "a b", "é", "A" * 2001, "Ag" * 30])
def test_what_is_no_cursor_is_refused(cursors, text):
    with pytest.raises((InvalidCursor, ExpiredCursor)):
        cursors.decode_place(text, BOUND)


def test_a_cursor_expires(cursors, search):
    made = cursors.encode_place(PLACE, BOUND)
    search.store.now += VALID_SECONDS + 1
    with pytest.raises(ExpiredCursor):
        cursors.decode_place(made, BOUND)

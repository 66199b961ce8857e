"""Cursors: opaque, authenticated, bound, expiring, and rotating by themselves."""

from __future__ import annotations

import base64
import json
import string

import pytest

from tests.contract.conftest import START
from tests.unit.users.memory_store import memory_store
from users.cursors import PERIOD_SECONDS, VALID_SECONDS
from utils.errors import ExpiredCursor, InvalidCursor

ID = "342e543e-7b43-4414-9d7c-6e9ab75860a8"
HERE = "GET /users"


@pytest.fixture
def store():
    return memory_store()


@pytest.fixture
def cursors(store):
    return store.cursors()


def test_a_cursor_leads_back_to_where_it_was_made(cursors):
    assert cursors.decode(cursors.encode(ID, HERE), HERE) == ID


def test_a_cursor_can_stand_in_a_url_and_says_nothing(cursors):
    cursor = cursors.encode(ID, HERE)
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")
    assert len(cursor) == 55
    assert cursors.encode(ID, HERE) == cursor


def test_a_cursor_may_come_as_a_json_string(cursors):
    cursor = cursors.encode(ID, HERE)
    assert cursors.decode(json.dumps(cursor), HERE) == ID
    for odd in (f'"{cursor}', f'{cursor}"', f"'{cursor}'", f'""{cursor}""', '""', '"'):
        with pytest.raises(InvalidCursor):
            cursors.decode(odd, HERE)


def test_every_single_bit_counts(cursors):
    cursor = cursors.encode(ID, HERE)
    raw = base64.urlsafe_b64decode(cursor + "=")
    for bit in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises((InvalidCursor, ExpiredCursor)):
            cursors.decode(base64.urlsafe_b64encode(forged).decode().rstrip("="), HERE)


@pytest.mark.parametrize("change", [lambda k: k[:-1], lambda k: k + "A", lambda k: k + "=", lambda k: k[1:], str.lower])
def test_a_cursor_has_one_spelling(cursors, change):
    with pytest.raises(InvalidCursor):
        cursors.decode(change(cursors.encode(ID, HERE)), HERE)


def test_the_last_character_s_spare_bits_are_not_free(cursors):
    cursor = cursors.encode(ID, HERE)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    other = alphabet[alphabet.index(cursor[-1]) ^ 1]
    with pytest.raises(InvalidCursor):
        cursors.decode(cursor[:-1] + other, HERE)


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "a b", "\x00", "A" * 54, "A" * 55, "A" * 56, "A" * 82, "A" * 100_000, "{}", "+" * 55]
)
def test_what_is_no_cursor_costs_no_call(store, cursor):
    with pytest.raises((InvalidCursor, ExpiredCursor)):
        store.cursors().decode(cursor, HERE)
    assert store.calls == []


def test_a_cursor_is_bound_to_its_list(cursors):
    with pytest.raises(InvalidCursor):
        cursors.decode(cursors.encode(ID, HERE), "GET /users?name=x")


def test_a_cursor_expires(store, cursors):
    cursor = cursors.encode(ID, HERE)
    store.now = START + VALID_SECONDS - 1
    assert cursors.decode(cursor, HERE) == ID
    store.now = START + VALID_SECONDS
    with pytest.raises(ExpiredCursor):
        cursors.decode(cursor, HERE)


def test_a_cursor_made_just_before_a_rotation_lives_on(store, cursors):
    store.now = (START // PERIOD_SECONDS + 1) * PERIOD_SECONDS - 1
    cursor = cursors.encode(ID, HERE)
    store.now += VALID_SECONDS - 1
    assert cursors.decode(cursor, HERE) == ID
    assert cursors.encode(ID, HERE) != cursor
    store.now += 1
    with pytest.raises(ExpiredCursor):
        cursors.decode(cursor, HERE)


def test_a_cursor_of_a_period_long_gone_is_expired_without_a_call(store, cursors):
    cursor = cursors.encode(ID, HERE)
    store.now = START + 2 * PERIOD_SECONDS
    store.calls.clear()
    with pytest.raises(ExpiredCursor):
        store.cursors().decode(cursor, HERE)
    assert store.calls == []


def test_a_cursor_of_a_period_to_come_is_forged(store, cursors):
    store.now = START + 2 * PERIOD_SECONDS
    cursor = cursors.encode(ID, HERE)
    store.now = START
    with pytest.raises(InvalidCursor):
        cursors.decode(cursor, HERE)


def test_functions_share_a_secret_though_each_made_its_first_cursor_alone(store):
    one, other = store.cursors(), store.cursors()
    cursor = one.encode(ID, HERE)
    assert other.decode(cursor, HERE) == ID
    assert other.encode(ID, HERE) == cursor


def test_two_functions_that_make_a_secret_at_once_end_with_one(store):
    one, other = store.cursors(), store.cursors()
    made = []

    def meanwhile(operation, request):
        if operation == "PutItem" and not made:
            made.append("")
            made.append(other.encode(ID, HERE))

    store.before = meanwhile
    assert one.encode(ID, HERE) == made[1]


def test_a_secret_is_asked_for_once(store):
    known: dict[int, bytes] = {}
    cursors = store.cursors(known)
    cursors.decode(cursors.encode(ID, HERE), HERE)
    assert [operation for operation, _ in store.calls] == ["GetItem", "PutItem"]
    cursors = store.cursors(known)
    cursors.encode(ID, HERE)
    assert len(store.calls) == 2


def test_a_secret_outlives_every_cursor_of_its_period(store, cursors):
    cursors.encode(ID, HERE)
    [item] = store.items(store.tables.keys)
    period = START // PERIOD_SECONDS
    assert item["key"] == f"cursor-secret#{int(period)}"
    assert item["expiresAt"] == (period + 1) * PERIOD_SECONDS + VALID_SECONDS
    assert len(bytes.fromhex(item["secret"])) == 32


def test_a_cursor_of_another_deployment_is_refused(cursors):
    with pytest.raises(InvalidCursor):
        cursors.decode(memory_store().cursors().encode(ID, HERE), HERE)
    cursors.encode(ID, HERE)
    with pytest.raises(InvalidCursor):
        cursors.decode(memory_store().cursors().encode(ID, HERE), HERE)

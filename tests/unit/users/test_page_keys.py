"""Page keys: opaque, authenticated, bound, expiring, and rotating by themselves."""

from __future__ import annotations

import base64
import json
import string

import pytest

from tests.contract.conftest import START
from tests.unit.users.memory_store import memory_store
from users.page_keys import PERIOD_SECONDS, VALID_SECONDS
from utils.errors import ExpiredPageKey, InvalidPageKey

ID = "342e543e-7b43-4414-9d7c-6e9ab75860a8"
HERE = "GET /users"


@pytest.fixture
def store():
    return memory_store()


@pytest.fixture
def keys(store):
    return store.page_keys()


def test_a_key_leads_back_to_where_it_was_made(keys):
    assert keys.decode(keys.encode(ID, HERE), HERE) == ID


def test_a_key_can_stand_in_a_url_and_says_nothing(keys):
    key = keys.encode(ID, HERE)
    assert set(key) <= set(string.ascii_letters + string.digits + "-_")
    assert len(key) == 55
    assert keys.encode(ID, HERE) == key


def test_a_key_may_come_as_a_json_string(keys):
    key = keys.encode(ID, HERE)
    assert keys.decode(json.dumps(key), HERE) == ID
    for odd in (f'"{key}', f'{key}"', f"'{key}'", f'""{key}""', '""', '"'):
        with pytest.raises(InvalidPageKey):
            keys.decode(odd, HERE)


def test_every_single_bit_counts(keys):
    key = keys.encode(ID, HERE)
    raw = base64.urlsafe_b64decode(key + "=")
    for bit in range(len(raw) * 8):
        forged = bytearray(raw)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises((InvalidPageKey, ExpiredPageKey)):
            keys.decode(base64.urlsafe_b64encode(forged).decode().rstrip("="), HERE)


@pytest.mark.parametrize("change", [lambda k: k[:-1], lambda k: k + "A", lambda k: k + "=", lambda k: k[1:], str.lower])
def test_a_key_has_one_spelling(keys, change):
    with pytest.raises(InvalidPageKey):
        keys.decode(change(keys.encode(ID, HERE)), HERE)


def test_the_last_character_s_spare_bits_are_not_free(keys):
    key = keys.encode(ID, HERE)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    other = alphabet[alphabet.index(key[-1]) ^ 1]
    with pytest.raises(InvalidPageKey):
        keys.decode(key[:-1] + other, HERE)


@pytest.mark.parametrize(
    "key", ["", "x", "é", "a b", "\x00", "A" * 54, "A" * 55, "A" * 56, "A" * 82, "A" * 100_000, "{}", "+" * 55]
)
def test_what_is_no_key_costs_no_call(store, key):
    with pytest.raises((InvalidPageKey, ExpiredPageKey)):
        store.page_keys().decode(key, HERE)
    assert store.calls == []


def test_a_key_is_bound_to_its_list(keys):
    with pytest.raises(InvalidPageKey):
        keys.decode(keys.encode(ID, HERE), "GET /users?name=x")


def test_a_key_expires(store, keys):
    key = keys.encode(ID, HERE)
    store.now = START + VALID_SECONDS - 1
    assert keys.decode(key, HERE) == ID
    store.now = START + VALID_SECONDS
    with pytest.raises(ExpiredPageKey):
        keys.decode(key, HERE)


def test_a_key_made_just_before_a_rotation_lives_on(store, keys):
    store.now = (START // PERIOD_SECONDS + 1) * PERIOD_SECONDS - 1
    key = keys.encode(ID, HERE)
    store.now += VALID_SECONDS - 1
    assert keys.decode(key, HERE) == ID
    assert keys.encode(ID, HERE) != key
    store.now += 1
    with pytest.raises(ExpiredPageKey):
        keys.decode(key, HERE)


def test_a_key_of_a_period_long_gone_is_expired_without_a_call(store, keys):
    key = keys.encode(ID, HERE)
    store.now = START + 2 * PERIOD_SECONDS
    store.calls.clear()
    with pytest.raises(ExpiredPageKey):
        store.page_keys().decode(key, HERE)
    assert store.calls == []


def test_a_key_of_a_period_to_come_is_forged(store, keys):
    store.now = START + 2 * PERIOD_SECONDS
    key = keys.encode(ID, HERE)
    store.now = START
    with pytest.raises(InvalidPageKey):
        keys.decode(key, HERE)


def test_functions_share_a_secret_though_each_made_its_first_key_alone(store):
    one, other = store.page_keys(), store.page_keys()
    key = one.encode(ID, HERE)
    assert other.decode(key, HERE) == ID
    assert other.encode(ID, HERE) == key


def test_two_functions_that_make_a_secret_at_once_end_with_one(store):
    one, other = store.page_keys(), store.page_keys()
    made = []

    def meanwhile(operation, request):
        if operation == "PutItem" and not made:
            made.append("")
            made.append(other.encode(ID, HERE))

    store.before = meanwhile
    assert one.encode(ID, HERE) == made[1]


def test_a_secret_is_asked_for_once(store):
    known: dict[int, bytes] = {}
    keys = store.page_keys(known)
    keys.decode(keys.encode(ID, HERE), HERE)
    assert [operation for operation, _ in store.calls] == ["GetItem", "PutItem"]
    keys = store.page_keys(known)
    keys.encode(ID, HERE)
    assert len(store.calls) == 2


def test_a_secret_outlives_every_key_of_its_period(store, keys):
    keys.encode(ID, HERE)
    [item] = store.items(store.tables.keys)
    period = START // PERIOD_SECONDS
    assert item["key"] == f"page-key-secret#{int(period)}"
    assert item["expiresAt"] == (period + 1) * PERIOD_SECONDS + VALID_SECONDS
    assert len(bytes.fromhex(item["secret"])) == 32


def test_a_key_of_another_deployment_is_refused(keys):
    with pytest.raises(InvalidPageKey):
        keys.decode(memory_store().page_keys().encode(ID, HERE), HERE)
    keys.encode(ID, HERE)
    with pytest.raises(InvalidPageKey):
        keys.decode(memory_store().page_keys().encode(ID, HERE), HERE)

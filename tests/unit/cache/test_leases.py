"""Leases: who may store, for how long, and what happens while the cache does not answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from cache.leases import LEASE_MS, REST_SECONDS, Leases
from cache.resp import MAX_VALUE, NoReply, Server
from dynamodb.connection import Connector
from tests.support.valkey import Valkey

KEY = "Things/1"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def leases(valkey: Valkey) -> Leases:
    valkey.say("FLUSHALL")
    return of(valkey)


def of(valkey: Valkey, seconds: int = 60) -> Leases:
    return Leases(Server(Connector("localhost", valkey.port, tls=False).open_socket), seconds)


def left(valkey: Valkey) -> int:
    """Milliseconds that the key has left."""
    return int(valkey.say("PTTL", KEY)[1:])


def test_a_reader_that_finds_nothing_stores_and_the_next_finds_it(leases):
    value, lease = leases.read(KEY)
    assert value is None
    leases.keep(KEY, lease, b"old")
    assert leases.read(KEY) == (b"old", None)


def test_who_comes_while_a_lease_is_out_gets_neither_value_nor_lease(leases):
    _, lease = leases.read(KEY)
    assert leases.read(KEY) == (None, None)
    leases.keep(KEY, lease, b"old")
    assert leases.read(KEY) == (b"old", None)


def test_a_value_that_was_read_before_a_write_is_not_stored_after_it(leases):
    _, lease = leases.read(KEY)
    assert leases.forget([KEY])
    leases.keep(KEY, lease, b"old")
    assert leases.read(KEY)[0] is None


def test_nor_where_another_reader_has_a_lease_since(leases):
    _, before = leases.read(KEY)
    leases.forget([KEY])
    _, after = leases.read(KEY)
    leases.keep(KEY, before, b"old")
    assert leases.read(KEY) == (None, None)
    leases.keep(KEY, after, b"new")
    assert leases.read(KEY) == (b"new", None)


def test_a_write_removes_a_value_and_all_keys_are_removed_at_once(leases):
    for key in ("a", "b"):
        leases.keep(key, leases.read(key)[1], b"old")
    assert leases.forget(["a", "b", "c"])
    assert [leases.read(key)[0] for key in ("a", "b")] == [None, None]


def test_a_value_lives_from_when_its_lease_was_given(valkey, leases):
    _, lease = leases.read(KEY)
    assert 0 < left(valkey) <= LEASE_MS
    valkey.say("PEXPIRE", KEY, str(LEASE_MS - 1000))  # as a second later
    leases.keep(KEY, lease, b"old")
    assert left(valkey) <= 59_000


def test_a_lease_is_never_longer_than_a_value(valkey, leases):
    of(valkey, seconds=1).read(KEY)
    assert left(valkey) <= 1000


def test_a_lease_that_ran_out_is_no_lease(valkey, leases):
    _, lease = leases.read(KEY)
    valkey.say("PEXPIRE", KEY, "0")
    leases.keep(KEY, lease, b"old")
    assert valkey.say("GET", KEY) == "$-1\r\n"


def test_a_value_too_large_is_not_stored(valkey, leases):
    leases.keep(KEY, leases.read(KEY)[1], b"x" * MAX_VALUE)
    assert "lease:" in valkey.say("GET", KEY)


@pytest.mark.parametrize("words", [("SET", KEY, "somebody else's"), ("LPUSH", KEY, "x")])
def test_what_somebody_else_put_there_is_neither_a_value_nor_replaced(valkey, leases, words):
    valkey.say(*words)
    assert leases.read(KEY) == (None, None)


def test_two_leases_are_never_the_same(leases):
    assert leases.read("a")[1] != leases.read("b")[1]


class Failing:
    """A server that has no reply for a time, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0

    def open(self, seconds: float) -> None:
        raise NoReply("down")

    def ask(self, *commands: object) -> list[None]:
        self.asked += 1
        raise NoReply("down")


def test_after_a_failure_readers_rest_and_writers_do_not():
    server, now = Failing(), [0.0]
    leases = Leases(server, 60, clock=lambda: now[0])
    assert leases.read(KEY) == (None, None)
    for _ in range(10):
        assert leases.read(KEY) == (None, None)
        leases.keep(KEY, b"lease:x", b"old")
    assert server.asked == 1
    assert not leases.forget([KEY])
    assert not leases.forget([KEY])
    assert server.asked == 3
    now[0] += REST_SECONDS
    leases.read(KEY)
    assert server.asked == 4


def test_opening_never_raises():
    Leases(Failing(), 60).open(0.1)


def test_a_full_cache_stores_nothing_and_says_so_by_serving_nothing():
    with Valkey(maxmemory="1", maxmemory_policy="noeviction") as full:
        leases = of(full)
        assert leases.read(KEY) == (None, None)
        assert leases.forget([KEY])

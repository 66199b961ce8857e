"""Tickets are in order, and keys say whose object it is."""

from __future__ import annotations

import pytest

from pictures.keys import later_ticket, new_ticket, of_user, picture_keys, ticket_of, upload_in, upload_key

USER = "3f9c2a10-5b7e-4c1d-9e8f-0a1b2c3d4e5f"


def test_a_later_ticket_is_greater():
    times = [1.0, 999.999, 1_000.0, 1_795_953_600.001, 1_795_953_600.002, 9_999_999_999.0]
    tickets = [new_ticket(time, token) for time, token in zip(times, "fedcba", strict=True)]
    assert tickets == sorted(tickets)


def test_a_ticket_is_later_than_another_even_if_its_clock_is_behind():
    assert later_ticket("0000000000002-a", "0000000000003-b") == "0000000000003-b"
    assert later_ticket("0000000000002-a", "0000000000001-b") > "0000000000002-a"
    assert later_ticket("0000000000002-a", "0000000000001-b") < "0000000000002-b"


def test_an_upload_tells_its_user_and_ticket():
    assert upload_in(upload_key(USER, "1-a")) == (USER, "1-a")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "uploads/",
        f"uploads/{USER}",
        f"uploads/{USER}/",
        "uploads/me/1",
        f"pictures/{USER}/1",
        f"uploads/{USER}/1/2",
    ],
)
def test_another_key_is_no_upload(key):
    assert upload_in(key) is None


def test_the_keys_of_a_picture_begin_as_those_of_its_user():
    keys = picture_keys(USER, "1-a", "d1")
    assert all(key.startswith(of_user(USER)[0]) and ticket_of(key) == "1-a" for key in keys.values())
    assert len(set(keys.values())) == 2

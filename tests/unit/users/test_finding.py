"""A user, or none. A fault stays a fault."""

from __future__ import annotations

import pytest

from users.errors import UserNotFound
from users.finding import or_none
from users.user import User
from utils.errors import ServiceUnavailable

ANN = User({"userId": "1", "name": "Ann"}, 1)


def get(user_id: str) -> User:
    if user_id == "lost":
        raise ServiceUnavailable
    if user_id != "1":
        raise UserNotFound
    return ANN


def test_a_user_is_found_and_a_missing_one_is_none():
    assert (or_none(get)("1"), or_none(get)("2")) == (ANN, None)


def test_a_fault_is_not_taken_for_a_missing_user():
    with pytest.raises(ServiceUnavailable):
        or_none(get)("lost")

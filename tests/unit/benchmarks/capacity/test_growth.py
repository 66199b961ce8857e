"""What the tables are filled with."""

from __future__ import annotations

from benchmarks.capacity import growth


def test_stored_users_are_as_the_repository_writes_them_and_each_is_another():
    first, second = growth.user_item(1), growth.user_item(2)
    assert first["userId"] != second["userId"]
    assert first["email"] != second["email"]
    assert {"userId", "name", "email", "createdAt", "updatedAt", "version", "lastWrite"} <= set(first)

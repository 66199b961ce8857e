"""The table of growth."""

from __future__ import annotations

from benchmarks import growth
from tests.unit.benchmarks.results import growth as measured


def test_each_operation_has_a_row_with_its_calls_and_its_units_at_each_size():
    rows = growth.rows(measured())
    assert rows[0][2:] == ["1,000 users", "10,000 users"]
    assert rows[1] == ["create", "TransactWriteItems", "4 write", "4 write"]


def test_units_are_those_worked_out_where_the_database_says_otherwise():
    one = {"calls": ["Scan"], "reads": 1.0, "writes": 0.0, "expected_reads": 5.0, "expected_writes": 0.0}
    assert growth.units_text(one) == "5 read"


def test_an_operation_without_calls_costs_nothing():
    assert growth.units_text({"expected_reads": 0.0, "expected_writes": 0.0}) == "none"


def test_stored_users_are_as_the_repository_writes_them_and_each_is_another():
    first, second = growth.user_item(1), growth.user_item(2)
    assert first["userId"] != second["userId"]
    assert first["email"] != second["email"]
    assert {"userId", "name", "email", "createdAt", "updatedAt", "version", "lastWrite"} <= set(first)

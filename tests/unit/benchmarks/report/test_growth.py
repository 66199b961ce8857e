"""The table of growth."""

from __future__ import annotations

from benchmarks.report import growth as table
from tests.unit.benchmarks.results import growth as measured


def test_each_operation_has_a_row_with_its_calls_and_its_units_at_each_size():
    rows = table.rows(measured())
    assert rows[0][2:] == ["1,000 users", "10,000 users"]
    assert rows[1] == ["create", "TransactWriteItems", "4 write", "4 write"]


def test_units_are_those_worked_out_where_the_database_says_otherwise():
    one = {"calls": ["Scan"], "reads": 1.0, "writes": 0.0, "expected_reads": 5.0, "expected_writes": 0.0}
    assert table.units_text(one) == "5 read"


def test_an_operation_without_calls_costs_nothing():
    assert table.units_text({"expected_reads": 0.0, "expected_writes": 0.0}) == "none"

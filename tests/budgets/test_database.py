"""What each operation asks of the database: which calls, how many capacity units, at any number of users."""

from __future__ import annotations

import pytest

from benchmarks.capacity import growth
from benchmarks.capacity.growth import Consumption
from benchmarks.capacity.indexes import WRITE_UNIT
from benchmarks.capacity.meter import item_bytes
from benchmarks.ground.interpreter import Interpreter
from benchmarks.stage.database import client_of, database
from dynamodb.values import to_item
from tests.budgets.budgets import DATABASE, Database

FEW, MANY, VERY_MANY = 10, 2_000, 100_000


def consumed(python: Interpreter, users: int) -> dict[str, Consumption]:
    with database() as endpoint:
        growth.fill(client_of(endpoint), users)
        return growth.measured(python, endpoint)


@pytest.fixture(scope="module")
def few(python: Interpreter) -> dict[str, Consumption]:
    return consumed(python, FEW)


@pytest.mark.parametrize("operation", DATABASE)
def test_an_operation_keeps_to_its_calls_and_units(few, operation):
    found = few[operation]
    assert Database(found.calls, found.expected_reads, found.expected_writes) == DATABASE[operation]


@pytest.mark.parametrize("operation", [name for name in DATABASE if not name.startswith("list")])
def test_the_units_worked_out_are_the_units_reported(few, operation):
    found = few[operation]
    assert (found.reads, found.writes) == (found.expected_reads, found.expected_writes)


def flat(python: Interpreter, users: int) -> None:
    found = consumed(python, users)
    for operation, budget in DATABASE.items():
        if not operation.startswith("list"):
            assert (found[operation].calls, found[operation].reads, found[operation].writes) == (
                budget.calls,
                budget.reads,
                budget.writes,
            ), f"{operation} at {users} users"
    page = found["list, first page of 100"]
    assert page.calls == ("Scan",)
    assert page.expected_reads <= 6, "a full page is read once, whatever the size of the table"


def test_calls_and_units_do_not_grow_with_the_table(python):
    flat(python, MANY)


@pytest.mark.deep
def test_calls_and_units_do_not_grow_with_a_large_table(python):
    flat(python, VERY_MANY)


def test_the_largest_user_and_claim_fit_one_write_unit_each():
    stamp = "2026-01-01T00:00:00.000Z"
    user: dict[str, str | int] = {
        "userId": "0" * 36,
        "name": "\U0001f600" * 100,
        "email": "a" * 254,
        "age": 150,
        "createdAt": stamp,
        "updatedAt": stamp,
        "version": 10**15,
        "lastWrite": "0" * 36,
    }
    claim: dict[str, str | int] = {"key": "email#" + "a" * 254, "userId": "0" * 36}
    assert item_bytes(to_item(user)) <= WRITE_UNIT
    assert item_bytes(to_item(claim)) <= WRITE_UNIT

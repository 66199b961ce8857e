"""Scan and Query respond as ministack's own, for random tables and requests, with changes between pages."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from local.aws.emulator.internals import DynamoDB
from local.aws.tables.pages import FIRST, Pages
from tests.unit.local.aws.random_tables import RandomTable

SEEDS = int(os.environ.get("SEEDS", "40"))
READS = 25
PAGES = 6


@pytest.fixture(scope="module")
def dynamodb():
    return DynamoDB()


def response(read: Any, request: dict[str, Any]) -> Any:
    """Status and body, or the error that is raised."""
    try:
        status, _, body = read(json.loads(json.dumps(request)))
    except Exception as error:  # what ministack raises for a wrong request is to stay the same
        return type(error)
    return status, json.loads(body)


def compared(table: RandomTable, pages: Pages) -> int:
    """Page through one random read by both, with changes in between; the pages that were compared."""
    operation, request = table.read()
    ours, theirs = {
        "Scan": (pages.scan, pages.ministack.scan.whole),
        "Query": (pages.query, pages.ministack.query.whole),
    }[operation]
    for done in range(PAGES):
        found, wanted = response(ours, request), response(theirs, request)
        assert found == wanted, (operation, request)
        start = wanted[1].get("LastEvaluatedKey") if isinstance(wanted, tuple) else None
        if start is None:
            return done + 1
        request["ExclusiveStartKey"] = table.damaged(start)
        for _ in range(table.random.randint(0, 2)):
            table.change()
    return PAGES


def run(dynamodb: DynamoDB, seed: int) -> int:
    """All reads of one seed."""
    table = RandomTable(dynamodb, seed)
    pages = Pages(dynamodb, first=table.random.choice([1, 3, 20, FIRST]))
    try:
        table.fill()
        return sum(compared(table, pages) for _ in range(READS))
    finally:
        table.drop()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_read_responds_as_ministacks_own(dynamodb, seed):
    assert run(dynamodb, seed) >= READS


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_many_reads_respond_as_ministacks_own(dynamodb):
    for seed in range(SEEDS, SEEDS + 2000):
        run(dynamodb, seed)

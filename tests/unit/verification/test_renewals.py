"""Requests for another link, on a real database: each that counts is one, and there are few."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from dynamodb.values import from_item
from tests.contract.conftest import emulator_client
from utils.deadline import Deadline
from verification.renewals import APART_SECONDS, DAY, MOST_A_DAY, Renewals, renewal_in

MORNING = 20_784 * DAY + 3_600


@pytest.fixture
def table(emulator):
    name = f"Mail-{uuid.uuid4().hex[:12]}"
    emulator.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
    )
    return name


class Case:
    """Requests of users at times."""

    def __init__(self, emulator, table):
        client = emulator_client("client", emulator)
        self.call = lambda operation, request: client.call(operation, request, Deadline(10))
        self.table, self.now = table, MORNING
        self.renewals = Renewals(self.call, table, clock=lambda: self.now)

    def asked(self, user="u-1"):
        """How many requests of a user have counted, on each day."""
        items = [from_item(item) for item in self.call("Scan", {"TableName": self.table})["Items"]]
        return [item["asked"] for item in sorted(items, key=lambda it: it["key"]) if f"#{user}#" in item["key"]]


@pytest.fixture
def case(emulator, table):
    return Case(emulator, table)


def test_of_requests_within_ten_minutes_the_first_counts(case):
    for seconds, asked in ((0, 1), (1, 1), (APART_SECONDS - 1, 1), (APART_SECONDS, 2)):
        case.now = MORNING + seconds
        case.renewals.ask("u-1")
        assert case.asked() == [asked]


def test_a_day_has_a_limit_and_the_next_day_another(case):
    for number in range(MOST_A_DAY + 3):
        case.now = MORNING + number * APART_SECONDS
        case.renewals.ask("u-1")
    assert case.asked() == [MOST_A_DAY]
    case.now = MORNING + DAY
    case.renewals.ask("u-1")
    assert case.asked() == [MOST_A_DAY, 1]


def test_requests_at_once_count_as_one(case):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: case.renewals.ask("u-1"), range(16)))
    assert case.asked() == [1]


def test_users_have_limits_of_their_own(case):
    case.renewals.ask("u-1")
    case.renewals.ask("u-2")
    assert (case.asked("u-1"), case.asked("u-2")) == ([1], [1])


def test_a_request_goes_by_itself(case):
    case.renewals.ask("u-1")
    [item] = case.call("Scan", {"TableName": case.table})["Items"]
    assert from_item(item)["expiresAt"] > MORNING + DAY  # the limit of its day is over by then


def test_a_record_has_the_request(case):
    case.renewals.ask("u-1")
    [item] = case.call("Scan", {"TableName": case.table})["Items"]
    assert renewal_in({"dynamodb": {"NewImage": item}}) == {
        "id": "u-1_20784_1",
        "schemaVersion": 1,
        "time": "2026-11-27T01:00:00.000Z",
        "userId": "u-1",
    }

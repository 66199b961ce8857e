"""The audit trail on a real database, in a table of its own."""

from __future__ import annotations

import uuid

import pytest

from audit.trail import AuditTrail
from tests.contract.conftest import emulator_client
from tests.unit.audit.keys import Key
from utils.deadline import Deadline


@pytest.fixture(scope="module")
def call(emulator):
    client = emulator_client("client", emulator)
    return lambda operation, request: client.call(operation, request, Deadline(10))


@pytest.fixture(scope="session")
def key():
    return Key()


@pytest.fixture
def table(emulator):
    return made(emulator, f"Audit-{uuid.uuid4().hex[:12]}")


def made(emulator, name):
    """A table of trails of this name."""
    emulator.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "place", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "userId", "KeyType": "HASH"}, {"AttributeName": "place", "KeyType": "RANGE"}],
    )
    return name


@pytest.fixture
def trail(call, table, key):
    return AuditTrail(call, table, key, clock=lambda: 1_795_953_600.0)

"""A pair of protected tables with users in a real database, and calls to them as the operators' commands make them."""

from __future__ import annotations

import time
from typing import Any

from operate.database import Call
from tests.contract.conftest import emulator_client
from tests.support.emulator import Emulator
from tests.support.tables import Tables
from users.email_address import canonical
from utils.deadline import Deadline

COUNT = 9


def calling(emulator: Emulator) -> Call:
    """The function that the commands get."""
    client = emulator_client("own", emulator)
    return lambda name, request: client.call(name, request, Deadline(20))


def put_user(call: Call, tables: Tables, number: int, email: str = "", version: int = 1) -> None:
    """A user with its claim."""
    email = email or f"user{number}@x.co"
    user = {"userId": {"S": user_id(number)}, "email": {"S": email}, "version": {"N": f"{version}"}}
    call("PutItem", {"TableName": tables.users, "Item": {**user, "lastWrite": {"S": "t"}, "name": {"S": f"{number}"}}})
    put_claim(call, tables, email, number)


def put_claim(call: Call, tables: Tables, email: str, number: int) -> None:
    claim = {"key": {"S": f"email#{canonical(email)}"}, "userId": {"S": user_id(number)}}
    call("PutItem", {"TableName": tables.keys, "Item": claim})


def remove(call: Call, tables: Tables, number: int, email: str = "") -> None:
    """Remove a user and its claim."""
    call("DeleteItem", {"TableName": tables.users, "Key": {"userId": {"S": user_id(number)}}})
    remove_claim(call, tables, email or f"user{number}@x.co")


def remove_claim(call: Call, tables: Tables, email: str) -> None:
    call("DeleteItem", {"TableName": tables.keys, "Key": {"key": {"S": f"email#{email}"}}})


def user_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def protect(call: Call, tables: Tables, days: int = 35) -> None:
    """Turn on point-in-time recovery."""
    for table in (tables.users, tables.keys):
        wanted = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": days}
        call("UpdateContinuousBackups", {"TableName": table, "PointInTimeRecoverySpecification": wanted})


def filled(call: Call, tables: Tables) -> None:
    """Users in both tables."""
    for number in range(COUNT):
        put_user(call, tables, number)


def a_second() -> int:
    """A second that begins now: nothing is written in the one before, after this was called."""
    second = int(time.time()) + 1
    time.sleep(second - time.time() + 0.01)
    return second


def described(call: Call, table: str) -> dict[str, Any]:
    found: dict[str, Any] = call("DescribeTable", {"TableName": table})["Table"]
    return found

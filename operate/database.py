"""Access to the tables of a deployed stack for operators."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from dynamodb.client import from_environment
from dynamodb.values import to_item
from operate import acts
from utils.deadline import Deadline

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
SECONDS = 20.0  # for one call with its retries


def connect(region: str = "") -> Call:
    """A function that calls DynamoDB with the available credentials, in another Region if one is named.

    Raises ConfigurationError.
    """
    there = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), region) if region else {}
    client = from_environment({"DYNAMODB_CLIENT": "boto3" if find_spec("botocore") else "", **os.environ, **there})
    return lambda name, request: client.call(name, request, Deadline(SECONDS))


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of a command that works on the stack's tables."""
    parser.add_argument("--users", required=True, help="the stack's UsersTable")
    parser.add_argument("--keys", required=True, help="the stack's UserKeysTable")
    acts.add_write(parser)


def get(call: Call, table: str, key: dict[str, str | int]) -> dict[str, Any]:
    """One item as it is now; an empty one where there is none."""
    found = call("GetItem", {"TableName": table, "Key": to_item(key), "ConsistentRead": True}).get("Item")
    return found or {}


def scan(call: Call, table: str) -> Iterator[dict[str, Any]]:
    """Every item of a table."""
    return items_of(call, "Scan", {"TableName": table})


def items_of(call: Call, operation: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of all pages of a Scan or a Query, with consistent reads."""
    request = {**request, "ConsistentRead": True}
    while True:
        page = call(operation, request)
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

"""Requests that try each action with a role's own credentials, and change nothing when they are allowed."""

from __future__ import annotations

from typing import Any

import botocore.exceptions

ATTEMPTS: dict[str, dict[str, Any]] = {
    "GetItem": {"Key": True},
    "PutItem": {"Item": True, "ConditionExpression": "attribute_exists(neverThere)"},
    "UpdateItem": {"Key": True, "ConditionExpression": "attribute_exists(neverThere)"},
    "DeleteItem": {"Key": True, "ConditionExpression": "attribute_exists(neverThere)"},
    "Scan": {"Limit": 1},
    "Query": {"KeyConditionExpression": "#k = :v", "ExpressionAttributeValues": {":v": {"S": "probe"}}},
    "DescribeTable": {},
    "UpdateTable": {},
    "UpdateTimeToLive": {},
    "CreateBackup": {},
    "DeleteTable": {},
}
"""A request for each action that changes nothing when it is allowed; True stands for the probe's key."""


def request(action: str, table: str, key: str) -> dict[str, Any]:
    """The request of one attempt."""
    probe = {key: {"S": "cursor-secret#probe" if key == "key" else "probe"}}
    names = {"ExpressionAttributeNames": {"#k": key}} if action == "Query" else {}
    return {
        "TableName": table,
        **{name: probe if value is True else value for name, value in ATTEMPTS[action].items()},
        **names,
    }


def allowed(client: Any, action: str, arguments: dict[str, Any]) -> bool:
    """Whether IAM lets the request through, whatever becomes of it then."""
    try:
        client._make_api_call(action, arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"] != "AccessDeniedException"
    return True

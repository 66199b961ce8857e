"""DynamoDB as it is, without the proxy and without the client under proof."""

from __future__ import annotations

import http.client
import json
import threading
from typing import Any
from urllib.parse import urlsplit

# The emulator takes the account from the credential and checks no signature.
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)


class Direct:
    """DynamoDB without the proxy and without the client under proof: for setting up and looking after."""

    def __init__(self, endpoint: str) -> None:
        self._address = urlsplit(endpoint)
        self._kept = threading.local()

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one operation; AssertionError for a refusal."""
        connection = self._connection()
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}", "authorization": AUTHORIZATION,
                   "content-type": "application/x-amz-json-1.0"}  # fmt: skip
        connection.request("POST", "/", json.dumps(request).encode(), headers)
        answer = connection.getresponse()
        document: dict[str, Any] = json.loads(answer.read())
        assert answer.status == 200, document
        return document

    def create_table(self, **request: Any) -> None:
        """As a botocore client has it; so the two below."""
        self.call("CreateTable", request)

    def update_time_to_live(self, **request: Any) -> None:
        self.call("UpdateTimeToLive", request)

    def delete_table(self, **request: Any) -> None:
        self.call("DeleteTable", request)

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._kept, "connection"):
            self._kept.connection = http.client.HTTPConnection(
                str(self._address.hostname), self._address.port, timeout=10
            )
        return self._kept.connection  # type: ignore[no-any-return]

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table, in plain values."""
        found: list[dict[str, Any]] = []
        request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
        while True:
            page = self.call("Scan", request)
            found += [{name: _plain(typed) for name, typed in item.items()} for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def set(self, table: str, key: dict[str, Any], attribute: str, value: dict[str, str]) -> None:
        """Set one attribute of one item."""
        request = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": "SET #0 = :0",
            "ExpressionAttributeNames": {"#0": attribute},
            "ExpressionAttributeValues": {":0": value},
        }
        self.call("UpdateItem", request)

    def put(self, items: dict[str, list[dict[str, Any]]]) -> None:
        """Write a few plain items into their tables, whatever is there."""
        requests = {table: [{"PutRequest": {"Item": _typed(item)}} for item in group] for table, group in items.items()}
        self.call("BatchWriteItem", {"RequestItems": requests})

    def delete(self, table: str, key: str, values: list[str]) -> None:
        """Remove items by their keys."""
        for start in range(0, len(values), 25):
            doomed = [{"DeleteRequest": {"Key": {key: {"S": value}}}} for value in values[start : start + 25]]
            self.call("BatchWriteItem", {"RequestItems": {table: doomed}})


def _typed(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}


def _plain(typed: dict[str, str]) -> Any:
    [(kind, value)] = typed.items()
    return int(value) if kind == "N" else value

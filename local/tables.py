"""The template's DynamoDB tables, created where they are missing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from local.intrinsics import REGION

CREATED = (
    "TableName",
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)


def create_tables(template: Mapping[str, Any], endpoint: str, stack: str) -> dict[str, str]:
    """Create every table of a resolved template that is not there; physical names by logical id."""
    names = {}
    for logical_id, block in template["Resources"].items():
        if block["Type"] == "AWS::DynamoDB::Table":
            names[logical_id] = create_table(logical_id, block["Properties"], endpoint, stack)
    return names


def create_table(logical_id: str, properties: Mapping[str, Any], endpoint: str, stack: str) -> str:
    """Create one table; its name."""
    request = {key: properties[key] for key in CREATED if key in properties}
    name = str(request.setdefault("TableName", f"{stack}-{logical_id}"))
    if stream := properties.get("StreamSpecification"):
        request["StreamSpecification"] = {"StreamEnabled": True, **stream}
    error = call(endpoint, "CreateTable", request)
    if error not in ("", "ResourceInUseException"):
        raise RuntimeError(f"the table {name} could not be created: {error}")
    if not error and (ttl := properties.get("TimeToLiveSpecification")):
        call(endpoint, "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": ttl})
    return name


def call(endpoint: str, operation: str, request: Mapping[str, Any]) -> str:
    """One DynamoDB call to the emulated AWS; the error's name, or nothing."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    sent = urllib.request.Request(endpoint, json.dumps(request).encode(), headers)  # noqa: S310 - an address of ours
    try:
        urllib.request.urlopen(sent, timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        return str(json.loads(error.read()).get("__type", "")).rpartition("#")[2] or str(error.code)
    return ""

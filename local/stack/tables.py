"""The template's DynamoDB tables in the emulated AWS: made where missing, changed in place, never emptied.

Not through ministack's CloudFormation: that leaves out the time to live, and puts an empty table in the place of a
full one of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.stack.calls import CallError, dynamodb

GLOBAL = "AWS::DynamoDB::GlobalTable"
OF_A_REPLICA = ("PointInTimeRecoverySpecification", "DeletionProtectionEnabled", "TableClass")
CREATED = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "DeletionProtectionEnabled",
    "TableClass",
)


class TableConflict(Exception):
    """A table that holds data cannot become what the template says; one sentence that says what to do."""


def replica(properties: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The properties of a global table as those of a plain table in one Region. No other replica is made.

    Capacity has no effect on this machine, so that the table is paid by request. Raises TableConflict.
    """
    here = next((it for it in properties.get("Replicas") or [] if it.get("Region") == region), None)
    if here is None:
        raise TableConflict(f"a global table needs a replica in the stack's own Region; add {region} to its Replicas")
    own = {name: here[name] for name in OF_A_REPLICA if name in here}
    indexes = [without_capacity(index) for index in properties.get("GlobalSecondaryIndexes") or []]
    return {
        **{name: value for name, value in properties.items() if name not in ("Replicas", "GlobalSecondaryIndexes")},
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        **own,
        "BillingMode": "PAY_PER_REQUEST",
    }


def without_capacity(index: Mapping[str, Any]) -> dict[str, Any]:
    """An index of a global table, in the words of the DynamoDB API."""
    return {name: index[name] for name in ("IndexName", "KeySchema", "Projection") if name in index}


def provide(endpoint: str, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """See that the table is there as described by its resolved properties; its description. Raises TableConflict."""
    try:
        found = dynamodb(endpoint, "DescribeTable", {"TableName": name})["Table"]
    except CallError as error:
        if error.code != "ResourceNotFoundException":
            raise
        found = create(endpoint, name, properties)
    else:
        found = change(endpoint, name, found, properties)
    set_time_to_live(endpoint, name, properties.get("TimeToLiveSpecification"))
    recovery = properties.get("PointInTimeRecoverySpecification")
    if recovery is not None:
        dynamodb(endpoint, "UpdateContinuousBackups", {"TableName": name, "PointInTimeRecoverySpecification": recovery})
    return dict(found)


def create(endpoint: str, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Create a table."""
    request = {key: properties[key] for key in CREATED if key in properties}
    request |= {"TableName": name, "StreamSpecification": stream(properties)}
    return dict(dynamodb(endpoint, "CreateTable", request)["TableDescription"])


def stream(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A template's stream specification, as the DynamoDB API spells it."""
    wanted = properties.get("StreamSpecification")
    return {"StreamEnabled": True, "StreamViewType": wanted["StreamViewType"]} if wanted else {"StreamEnabled": False}


def change(endpoint: str, name: str, found: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Bring an existing table to what the template says, its items kept."""
    if keys(found) != keys(properties):
        raise TableConflict(
            f"the table {name} has the key {keys(found)}, but the template now says "
            f"{keys(properties)}; give the table another name, or use another DATA folder"
        )
    for request in (
        *stream_changes(found, properties),
        *index_changes(found, properties),
        *protection_changes(found, properties),
    ):
        dynamodb(endpoint, "UpdateTable", {"TableName": name, **request})
    return dict(dynamodb(endpoint, "DescribeTable", {"TableName": name})["Table"])


def keys(table: Mapping[str, Any]) -> str:
    """A table's key, in words that can be compared: 'userId (S)'."""
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]}
    return ", ".join(f"{part['AttributeName']} ({types.get(part['AttributeName'])})" for part in table["KeySchema"])


def stream_changes(found: Mapping[str, Any], properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The UpdateTable requests that change the stream; one that stays on with another view is turned off first."""
    off: dict[str, Any] = {"StreamEnabled": False}
    now, wanted = found.get("StreamSpecification") or off, stream(properties)
    if [bool(now.get("StreamEnabled")), now.get("StreamViewType")] == [
        wanted["StreamEnabled"],
        wanted.get("StreamViewType"),
    ]:
        return []
    steps = [
        step
        for step in (off if now.get("StreamEnabled") else None, wanted if wanted["StreamEnabled"] else None)
        if step
    ]
    return [{"StreamSpecification": step} for step in steps]


def index_changes(found: Mapping[str, Any], properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The UpdateTable requests that add and remove global indexes; one that differs is made again."""
    now, wanted = (
        {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes") or []}
        for table in (found, properties)
    )
    gone = [name for name in now if name not in wanted or shape(now[name]) != shape(wanted[name])]
    made = [name for name in wanted if name not in now or name in gone]
    return [{"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]} for name in gone] + [
        {
            "GlobalSecondaryIndexUpdates": [{"Create": wanted[name]}],
            "AttributeDefinitions": properties["AttributeDefinitions"],
        }
        for name in made
    ]


def shape(index: Mapping[str, Any]) -> tuple[Any, Any]:
    """The identity of an index."""
    projection = index.get("Projection") or {}
    return index["KeySchema"], (projection.get("ProjectionType"), sorted(projection.get("NonKeyAttributes") or []))


def protection_changes(found: Mapping[str, Any], properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The UpdateTable request that changes deletion protection, if it has to."""
    wanted = bool(properties.get("DeletionProtectionEnabled"))
    return [] if bool(found.get("DeletionProtectionEnabled")) == wanted else [{"DeletionProtectionEnabled": wanted}]


def set_time_to_live(endpoint: str, name: str, wanted: Mapping[str, Any] | None) -> None:
    """Turn expiry on or off where it is not as wanted."""
    now = dynamodb(endpoint, "DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]
    enabled = now.get("TimeToLiveStatus") == "ENABLED"
    if wanted and wanted.get("Enabled"):
        if not enabled or now.get("AttributeName") != wanted["AttributeName"]:
            dynamodb(endpoint, "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": dict(wanted)})
    elif enabled:
        off = {"Enabled": False, "AttributeName": now["AttributeName"]}
        dynamodb(endpoint, "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": off})

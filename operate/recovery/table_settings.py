"""The settings of a table that a restore leaves out, given to the restored table.

DynamoDB carries over keys, indexes, the billing mode and the encryption. It leaves out the stream, the time to live,
the point-in-time recovery, the tags, and the protection from deletion. Each setting is applied only where it differs,
so you can do it again. Alarms, contributor insights, Kinesis destinations and policies of the table are not copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynamodb.errors import DynamoDBError
from operate.database import Call
from operate.waiting import wait

ON = frozenset({"ENABLED", "ENABLING"})
OF_AWS = "aws:"  # the beginning of tags that only AWS can set
NOT_YET = "ContinuousBackupsUnavailableException"

Table = dict[str, Any]


def apply(call: Call, source: str, target: str) -> list[str]:
    """Give a table the settings of another one; what was changed."""
    old, new = described(call, source), described(call, target)
    changed = [name for name, request in table_changes(old, new) if update(call, target, request)]
    return [*changed, *time_to_live(call, source, target), *recovery(call, source, target), *tags(call, old, new)]


def described(call: Call, table: str) -> Table:
    """The description of a table."""
    found: Table = call("DescribeTable", {"TableName": table})["Table"]
    return found


def is_active(table: Table) -> bool:
    """Whether a table can be used and changed."""
    return table["TableStatus"] == "ACTIVE" and not table.get("RestoreSummary", {}).get("RestoreInProgress")


def update(call: Call, table: str, request: dict[str, Any]) -> bool:
    """Change a table, and wait until it has changed."""
    wait(f"{table} is busy", lambda: is_active(described(call, table)))
    call("UpdateTable", {"TableName": table, **request})
    wait(f"{table} changes", lambda: is_active(described(call, table)))
    return True


def table_changes(old: Table, new: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """The requests of UpdateTable that make one table like another."""
    stream = old.get("StreamSpecification") or {}
    if stream.get("StreamEnabled") and not (new.get("StreamSpecification") or {}).get("StreamEnabled"):
        yield "stream", {"StreamSpecification": stream}
    key = key_of(old)
    if key and key_of(new) != key:
        yield "key", {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}}
    if old.get("DeletionProtectionEnabled") and not new.get("DeletionProtectionEnabled"):
        yield "deletion protection", {"DeletionProtectionEnabled": True}


def key_of(table: Table) -> str | None:
    """The ARN of the customer's key that encrypts a table; None for a key of AWS."""
    found: str | None = (table.get("SSEDescription") or {}).get("KMSMasterKeyArn")
    return found


def time_to_live(call: Call, source: str, target: str) -> list[str]:
    """Let items expire as in the other table."""
    old, new = (call("DescribeTimeToLive", {"TableName": it})["TimeToLiveDescription"] for it in (source, target))
    if old.get("TimeToLiveStatus") not in ON or new.get("TimeToLiveStatus") in ON:
        return []
    wanted = {"Enabled": True, "AttributeName": old["AttributeName"]}
    call("UpdateTimeToLive", {"TableName": target, "TimeToLiveSpecification": wanted})
    return ["time to live"]


def backups(call: Call, table: str) -> dict[str, Any]:
    """The point-in-time recovery of a table, as DynamoDB describes it."""
    found = call("DescribeContinuousBackups", {"TableName": table})["ContinuousBackupsDescription"]
    return dict(found.get("PointInTimeRecoveryDescription") or {})


def recovery(call: Call, source: str, target: str) -> list[str]:
    """Turn on point-in-time recovery as in the other table."""
    old, new = backups(call, source), backups(call, target)
    on = old.get("PointInTimeRecoveryStatus") in ON
    if not on or new.get("PointInTimeRecoveryStatus") in ON:
        return []
    days = {"RecoveryPeriodInDays": old["RecoveryPeriodInDays"]} if "RecoveryPeriodInDays" in old else {}
    wanted = {"PointInTimeRecoveryEnabled": True, **days}
    request = {"TableName": target, "PointInTimeRecoverySpecification": wanted}
    wait(f"{target} cannot have recovery yet", lambda: accepted(call, request))
    return ["point-in-time recovery"]


def accepted(call: Call, request: dict[str, Any]) -> bool:
    """Turn on recovery; False while DynamoDB still prepares the table for it."""
    try:
        call("UpdateContinuousBackups", request)
    except DynamoDBError as error:
        if error.code == NOT_YET:
            return False
        raise
    return True


def tags(call: Call, old: Table, new: Table) -> list[str]:
    """Add the tags of the other table."""
    before = set(tags_of(call, new["TableArn"]))
    missing = [tag for tag in tags_of(call, old["TableArn"]) if tag not in before and not tag[0].startswith(OF_AWS)]
    if not missing:
        return []
    request = {"ResourceArn": new["TableArn"], "Tags": [{"Key": key, "Value": value} for key, value in missing]}
    call("TagResource", request)
    return ["tags"]


def tags_of(call: Call, arn: str) -> Iterator[tuple[str, str]]:
    """The tags of a table."""
    request = {"ResourceArn": arn}
    while True:
        page = call("ListTagsOfResource", request)
        yield from ((tag["Key"], tag["Value"]) for tag in page.get("Tags", ()))
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]

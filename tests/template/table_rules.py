"""Rules for tables: encryption, recovery, and what the two tables of the API are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.template.stack import Stack, dig

TABLE, GLOBAL = "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"
NOTHING = {"Ref": "AWS::NoValue"}
HERE, THERE = {"Ref": "AWS::Region"}, {"Ref": "ReplicaRegion"}
KEY = {
    "home": {"Fn::If": ["CustomerKey", {"KMSMasterKeyId": {"Ref": "CustomerKeyArn"}}, NOTHING]},
    "second": {"Fn::If": ["ReplicaKey", {"KMSMasterKeyId": {"Ref": "ReplicaKeyArn"}}, NOTHING]},
}


def _replicas(block: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The replicas of a global table: the one at home, and the one that ReplicaRegion adds."""
    written = block.get("Replicas") or []
    return {
        "home": dict(written[0]) if written else {},
        "second": dict(dig(written, 1, "Fn::If", 1) or {}),
    }


def tables_are_encrypted(stack: Stack) -> Iterator[str]:
    wanted = {"SSEEnabled": True, "SSEType": "KMS"}
    for name, block in stack.of(TABLE).items():
        of_its_own = {**wanted, "KMSMasterKeyId": {"Ref": "CustomerKeyArn"}}
        if dig(block, "SSESpecification", "Fn::If") != ["CustomerKey", of_its_own, NOTHING]:
            yield f"{name} cannot be encrypted with the customer's key"
    for name, block in stack.of(GLOBAL).items():
        if dig(block, "SSESpecification", "Fn::If") != ["CustomerKey", wanted, NOTHING]:
            yield f"{name} cannot be encrypted with the customer's key"
        for which, replica in _replicas(block).items():
            if replica.get("SSESpecification") != KEY[which]:
                yield f"the {which} replica of {name} cannot be encrypted with the customer's key of its Region"


def tables_can_be_brought_back(stack: Stack) -> Iterator[str]:
    kept = {"Fn::If": ["Production", "Retain", "Delete"]}
    tables = dict(stack.of(TABLE))
    for name, block in stack.of(GLOBAL).items():
        tables |= {f"the {which} replica of {name}": replica for which, replica in _replicas(block).items()}
    for name, block in tables.items():
        if dig(block, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") is not True:
            yield f"{name} has no point-in-time recovery"
        if block.get("DeletionProtectionEnabled") != {"Fn::If": ["Production", True, False]}:
            yield f"{name} is not protected from deletion in production"
    for name in (*stack.of(TABLE), *stack.of(GLOBAL)):
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            if stack.resources[name].get(key) != kept:
                yield f"{name} is not kept in production when the stack goes ({key})"


def tables_are_as_decided(stack: Stack) -> Iterator[str]:
    """The two tables of the API are global, and have a second replica only with ReplicaRegion."""
    users, keys = stack.of(GLOBAL).get("UsersTable", {}), stack.of(GLOBAL).get("UserKeysTable", {})
    for name, block, key in (("UsersTable", users, "userId"), ("UserKeysTable", keys, "key")):
        if block.get("KeySchema") != [{"AttributeName": key, "KeyType": "HASH"}]:
            yield f"{name} does not have the key {key}"
        if block.get("BillingMode") != "PAY_PER_REQUEST":
            yield f"{name} is not paid by request"
        found = _replicas(block)
        if [found["home"].get("Region"), found["second"].get("Region")] != [HERE, THERE]:
            yield f"{name} is not in this Region and in ReplicaRegion"
        if dig(block, "Replicas", 1, "Fn::If", 0) != "SecondRegion" or len(block.get("Replicas", [])) != len(found):
            yield f"{name} has other replicas than the one that ReplicaRegion asks for"
    changes = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    if users.get("StreamSpecification") != changes:
        yield "UsersTable has no stream of new and old images"
    if dig(keys, "StreamSpecification", "Fn::If") != ["SecondRegion", changes, NOTHING]:
        yield "UserKeysTable has a stream without a second Region, or none with one"
    if keys.get("TimeToLiveSpecification") != {"AttributeName": "expiresAt", "Enabled": True}:
        yield "UserKeysTable does not let items expire at expiresAt"

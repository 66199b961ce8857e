"""The two tables of the system, made by hand in an emulator, under names of one's own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tables:
    """The names of a pair of tables."""

    users: str
    keys: str


def create_tables(client: Any) -> Tables:
    """A fresh pair of tables with the keys, stream and time to live of template.yaml."""
    mark = uuid.uuid4().hex[:12]
    tables = Tables(f"Users-{mark}", f"UserKeys-{mark}")
    create_table(
        client,
        tables.users,
        "userId",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    create_table(client, tables.keys, "key")
    client.update_time_to_live(
        TableName=tables.keys, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"}
    )
    return tables


def create_table(client: Any, name: str, key: str, **more: Any) -> None:
    """One table with a string partition key."""
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        **more,
    )


def delete_tables(client: Any, tables: Tables) -> None:
    """Remove the pair."""
    for name in (tables.users, tables.keys):
        client.delete_table(TableName=name)

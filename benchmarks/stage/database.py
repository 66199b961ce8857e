"""An emulated DynamoDB with the two tables, and our own client of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from dynamodb.client import Client, from_environment
from local.aws.start import start
from utils.deadline import Deadline

TABLES = {"Users": "userId", "UserKeys": "key"}


@contextmanager
def database() -> Iterator[str]:
    """An emulated DynamoDB with the two tables, empty; its URL."""
    with tempfile.TemporaryDirectory(prefix="users-api-growth-") as folder:
        running = start(folder)
        try:
            create_tables(client_of(running.endpoint))
            yield running.endpoint
        finally:
            running.stop()


def client_of(endpoint: str) -> Client:
    """Our own client, pointed at the emulator."""
    return from_environment(
        {
            "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    )


def create_tables(client: Client) -> None:
    """The pair of tables, as the template declares them."""
    for name, key in TABLES.items():
        client.call(
            "CreateTable",
            {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            },
            Deadline(20),
        )

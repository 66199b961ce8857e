"""The bucket and the tables of imports and exports in an emulator, with what the steps use."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from typing import Any

from adapters.object_store import ObjectStore
from dynamodb import transport
from dynamodb.client import Client
from dynamodb.values import from_item
from steps.export_users import export_users
from steps.finish_export import finish_export
from steps.finish_import import finish_import
from steps.import_rows import import_rows
from steps.split_import import split_import
from tests.support.tables import create_tables
from transfers.files import Compressed
from transfers.jobs import Jobs
from transfers.keys import upload_key
from transfers.model import export_job, import_job, new_export, new_import
from users.imported import ImportedUsers
from users.segments import users_of_segment
from utils.deadline import Deadline

NOW = 1_790_000_000.0


class Warehouse:
    """A bucket and three tables of their own. `before(operation, request)` and `after` are called around each call."""

    def __init__(self, emulator: Any) -> None:
        mark = uuid.uuid4().hex[:12]
        self.table, self.bucket, self.now = f"Bulk-{mark}", f"bulk-{mark}", NOW
        self.dynamodb, self.s3 = emulator.client("dynamodb"), emulator.client("s3")
        self.tables = create_tables(self.dynamodb)
        self.dynamodb.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "job", "AttributeType": "S"},
                {"AttributeName": "part", "AttributeType": "N"},
            ],
            KeySchema=[{"AttributeName": "job", "KeyType": "HASH"}, {"AttributeName": "part", "KeyType": "RANGE"}],
        )
        self.s3.create_bucket(Bucket=self.bucket)
        environ = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self.client = Client(transport.from_environment({**environ, "AWS_ENDPOINT_URL": emulator.endpoint}))
        self.before: Callable[[str, dict[str, Any]], None] = lambda *_: None
        self.after: Callable[[str, dict[str, Any]], None] = lambda *_: None
        tokens = (f"{mark}-{number}" for number in itertools.count())
        shared: Any = {
            "clock": lambda: self.now,
            "new_token": lambda: next(tokens),
            "pause": lambda _: None,
        }
        self.jobs = Jobs(self.call, self.table, **shared)
        self.users = ImportedUsers(
            self.call, self.tables.users, self.tables.keys, new_id=lambda: str(uuid.uuid4()), **shared
        )
        self.store = ObjectStore(self.s3, self.bucket)

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The API of DynamoDB, between `before` and `after`."""
        self.before(operation, request)
        answer = self.client.call(operation, request, Deadline(10))
        self.after(operation, request)
        return answer

    def uploaded(self, content: bytes, **members: Any) -> str:
        """The id of an import whose file is there."""
        import_id = str(uuid.uuid4())
        self.jobs.create(new_import(members, import_id, "key:abc", self.now))
        self.store.put(upload_key(import_id), content, "application/octet-stream")
        return import_id

    def split(self, import_id: str) -> dict[str, Any]:
        """The first step."""
        return split_import({"detail": {"object": {"key": upload_key(import_id)}}}, self.jobs, self.store)

    def rows(self, import_id: str, part: int = 1) -> None:
        """The step of one part."""
        event = {"import": import_id, "part": part}
        import_rows(event, self.jobs, self.store, self.users, iter, lambda: self.now)

    def finish(self, import_id: str) -> None:
        """The last step."""
        finish_import({"import": import_id}, self.jobs, self.store)

    def import_of(self, import_id: str) -> dict[str, Any]:
        """The import as it is stored."""
        return self.jobs.get(import_job(import_id)) or {}

    def export(self, segments: int, form: str = "ndjson") -> str:
        """The id of a new export."""
        export_id = str(uuid.uuid4())
        place = self.jobs.take_place(export_id)
        assert place
        self.jobs.create(new_export({"format": form}, export_id, segments, self.now, place))
        return export_id

    def export_of(self, export_id: str) -> dict[str, Any]:
        """The export as it is stored."""
        return self.jobs.get(export_job(export_id)) or {}

    def segment(self, export_id: str, file: int) -> None:
        """The step of one file."""
        export_users(
            {"export": export_id, "file": file},
            self.jobs,
            self.store,
            lambda number, of: users_of_segment(self.call, self.tables.users, number, of),
            Compressed,
        )

    def finish_export(self, export_id: str) -> None:
        """The last step of an export."""
        finish_export({"export": export_id}, self.jobs, self.store)

    def stored(self) -> list[dict[str, Any]]:
        """All users as they are stored."""
        return [from_item(item) for item in self.dynamodb.scan(TableName=self.tables.users)["Items"]]


def people(*emails: str, **more: Any) -> bytes:
    """NDJSON of users with these emails."""
    return "".join(json.dumps({"name": "N", "email": it, **more}) + "\n" for it in emails).encode()

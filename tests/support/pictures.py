"""Real image files, and the bucket and tables of pictures in an emulator."""

from __future__ import annotations

import io
import uuid
from typing import Any

from PIL import Image

from adapters.object_store import ObjectStore
from dynamodb import transport
from dynamodb.client import Client
from dynamodb.values import to_item
from pictures.records import PictureRecords
from tests.support.tables import create_table
from utils.deadline import Deadline


def picture(color: str = "red", kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    """An image file of one color."""
    return written(Image.new("RGB", size, color), kind, **options)


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The file of an image."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(content: bytes) -> Image.Image:
    """The image of a file."""
    return Image.open(io.BytesIO(content))


class Studio:
    """A bucket and two tables of their own; `records` and `store` are what the functions use."""

    def __init__(self, emulator: Any) -> None:
        mark = uuid.uuid4().hex[:12]
        self.users, self.table, self.bucket = f"Users-{mark}", f"Pictures-{mark}", f"pictures-{mark}"
        self.dynamodb, self.s3 = emulator.client("dynamodb"), emulator.client("s3")
        for name in (self.users, self.table):
            create_table(self.dynamodb, name, "userId")
        self.s3.create_bucket(Bucket=self.bucket)
        environ = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        client = Client(transport.from_environment({**environ, "AWS_ENDPOINT_URL": emulator.endpoint}))
        self.call = lambda operation, request: client.call(operation, request, Deadline(10))
        self.records = PictureRecords(
            self.call, self.table, self.users, new_token=lambda: uuid.uuid4().hex, pause=lambda _: None
        )
        self.store = ObjectStore(self.s3, self.bucket)

    def user(self) -> str:
        """The id of a user that is there."""
        user_id = str(uuid.uuid4())
        self.dynamodb.put_item(TableName=self.users, Item=to_item({"userId": user_id, "version": 1}))
        return user_id

    def delete_user(self, user_id: str) -> None:
        """Delete the user, and nothing of its pictures."""
        self.dynamodb.delete_item(TableName=self.users, Key=to_item({"userId": user_id}))

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of all objects that begin so."""
        return list(self.store.keys(prefix))

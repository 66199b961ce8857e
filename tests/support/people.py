"""Records of persons, made by hand in the tables of a running stack: cheaper than a sign-in for each."""

from __future__ import annotations

import itertools
from typing import Any

from tests.support.server import Server


class Records:
    """Records in the tables of one stack. The ids of people are made up here."""

    def __init__(self, server: Server) -> None:
        self._dynamodb = server.client("dynamodb")
        names = [name for name in self._dynamodb.list_tables()["TableNames"] if not name.startswith("operate")]
        self._keys = next(name for name in names if "UserKeys" in name)
        self._pictures = next(name for name in names if "Pictures" in name)
        self._numbers = itertools.count(1)

    def person(self, status: str = "") -> tuple[str, str]:
        """The id of a new person and of their record. A deleted person has an item, and no record."""
        number = next(self._numbers)
        subject, user_id = f"person-{number}", f"{number:08x}-0000-4000-8000-000000000000"
        marked = {"status": {"S": status}} if status else {}
        item: dict[str, Any] = {"key": {"S": f"subject#{subject}"}, "userId": {"S": user_id}, **marked}
        if status == "deleted":
            del item["userId"]
        self._put(self._keys, item)
        if status == "deleted":
            return subject, user_id
        email = f"person{number}@example.com"
        when = {"S": "2026-01-01T00:00:00.000Z"}
        self._put(
            "Users",
            {
                "userId": {"S": user_id},
                "name": {"S": "A person"},
                "email": {"S": email},
                "createdAt": when,
                "updatedAt": when,
                "version": {"N": "1"},
                "subject": {"S": subject},
                **marked,
            },
        )
        self._put(self._keys, {"key": {"S": f"email#{email}"}, "userId": {"S": user_id}})
        self.picture(user_id)
        return subject, user_id

    def picture(self, user_id: str) -> None:
        """Say that a user has a picture."""
        record = {"userId": {"S": user_id}, "ticket": {"S": "0" * 40}, "digest": {"S": "0" * 64}}
        self._put(self._pictures, record)

    def _put(self, table: str, item: dict[str, Any]) -> None:
        self._dynamodb.put_item(TableName=table, Item=item)

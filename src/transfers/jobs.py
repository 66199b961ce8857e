"""The table of imports and exports.

The item with part 0 is the import or the export itself. Each other item is one part that is done. It is written in one
transaction with the counts, so a part that runs twice counts once. Two kinds of items belong to no part: what rows of a
dry run would take (`reserve`), and the places of exports that run (`take_place`).
"""

from __future__ import annotations

import hashlib

from dynamodb.errors import ConditionalCheckFailed
from dynamodb.values import from_item, to_item
from transfers.model import COMPLETED, FAILED, MOST_EXPORTS, READING, RUNNING, export_job
from users.reading import available
from users.transaction import transact
from utils.timestamps import rfc3339

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from users.reading import Call

KEPT_SECONDS = 7 * 24 * 60 * 60  # for as long as the bucket keeps results and exports
RESERVED_SECONDS = 24 * 60 * 60

# An export that is aborted in Step Functions does not free its place. After this time another export takes it.
PLACE_SECONDS = 6 * 60 * 60


class Jobs:
    """The imports and exports. The arguments are those of users.repository.UserRepository."""

    def __init__(
        self,
        call: Call,
        table: str,
        *,
        clock: Callable[[], float],
        new_token: Callable[[], str],
        pause: Callable[[int], None],
    ) -> None:
        self._call, self._table = available(call), table
        self._clock, self._new_token, self._pause = clock, new_token, pause

    def create(self, job: Mapping[str, Any]) -> None:
        """Write a new import or export."""
        item = {**job, "part": 0, "expiresAt": int(self._clock()) + KEPT_SECONDS}
        self._call("PutItem", {"TableName": self._table, "Item": to_item(item)})

    def get(self, job: str) -> dict[str, Any] | None:
        """An import or an export as it is now."""
        request = {"TableName": self._table, "Key": _key(job), "ConsistentRead": True}
        item = self._call("GetItem", request).get("Item")
        return from_item(item) if item else None

    def parts(self, job: str) -> Iterator[dict[str, Any]]:
        """The parts that are done, in their order."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "job = :job AND part > :zero",
            "ExpressionAttributeValues": to_item({":job": job, ":zero": 0}),
            "ConsistentRead": True,
        }
        while True:
            page = self._call("Query", request)
            yield from map(from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def begin(self, job: str) -> bool:
        """Let an execution read the upload. False if there is no such import, or it is completed."""
        return self._set(job, {"status": READING}, removed=("code", "detail"))

    def run(self, job: str, total: int, parts: int) -> bool:
        """The upload is read: it has so many rows, in so many parts."""
        return self._set(job, {"status": RUNNING, "total": total, "parts": parts})

    def complete(self, job: str, **more: str | int) -> bool:
        """All parts are done."""
        return self._set(job, {"status": COMPLETED, **more})

    def fail(self, job: str, code: str, detail: str) -> bool:
        """The import or the export has stopped, for this reason."""
        return self._set(job, {"status": FAILED, "code": code, "detail": detail})

    def part_done(self, job: str, part: int, counts: Mapping[str, int], **more: str | int) -> None:
        """Count a part, unless it is counted. `more` is kept with the part."""
        item = {**counts, **more, "job": job, "part": part, "expiresAt": int(self._clock()) + KEPT_SECONDS}
        values = {f":{name}": count for name, count in counts.items()} | {":now": rfc3339(self._clock())}
        added = ", ".join(f"#{name} :{name}" for name in counts)
        actions = {
            "part": {
                "Put": {
                    "TableName": self._table,
                    "Item": to_item(item),
                    "ConditionExpression": "attribute_not_exists(job)",
                }
            },
            "job": {
                "Update": {
                    "TableName": self._table,
                    "Key": _key(job),
                    "ConditionExpression": "attribute_exists(job)",
                    "UpdateExpression": f"SET updatedAt = :now ADD {added}",
                    "ExpressionAttributeNames": {f"#{name}": name for name in counts},
                    "ExpressionAttributeValues": to_item(values),
                }
            },
        }
        transact(self._call, actions, self._new_token(), self._pause)

    def reserve(self, job: str, row: int, values: Mapping[str, str]) -> set[str]:
        """Take values for a row of an import, all or none; the names of those that another row has.

        Digests are kept, so that no email is in another table.
        """

        def put(value: str) -> dict[str, Any]:
            digest = hashlib.sha256(f"{job} {value}".encode()).hexdigest()
            expires = int(self._clock()) + RESERVED_SECONDS
            return {
                "Put": {
                    "TableName": self._table,
                    "Item": to_item({"job": f"{job}#{digest}", "part": 0, "row": row, "expiresAt": expires}),
                    "ConditionExpression": "attribute_not_exists(job) OR #row = :row",
                    "ExpressionAttributeNames": {"#row": "row"},
                    "ExpressionAttributeValues": to_item({":row": row}),
                }
            }

        actions = {name: put(f"{name} {value}") for name, value in values.items()}
        return set(transact(self._call, actions, self._new_token(), self._pause))

    def take_place(self, export_id: str) -> int | None:
        """The number of the place that an export has from now on; None if all are taken."""
        now = int(self._clock())
        for place in range(1, MOST_EXPORTS + 1):
            free = "attribute_not_exists(job) OR #until <= :now"
            if self._place(place, free, {":now": now}, export_id, now + PLACE_SECONDS):
                return place
        return None

    def free_place(self, place: int, export_id: str) -> None:
        """Let another export run, unless one has this place already."""
        self._place(place, "#export = :export", {}, export_id, 0)

    def _place(self, place: int, condition: str, more: Mapping[str, int], export_id: str, until: int) -> bool:
        request = {
            "TableName": self._table,
            "Key": _key(export_job(f"place#{place}")),
            "ConditionExpression": condition,
            "UpdateExpression": "SET #export = :export, #until = :until",
            "ExpressionAttributeNames": {"#export": "export", "#until": "until"},
            "ExpressionAttributeValues": to_item({":export": export_id, ":until": until, **more}),
        }
        return self._updated(request)

    def _updated(self, request: dict[str, Any]) -> bool:
        """Whether the condition of an update holds."""
        try:
            self._call("UpdateItem", request)
        except ConditionalCheckFailed:
            return False
        return True

    def _set(self, job: str, values: Mapping[str, str | int], removed: tuple[str, ...] = ()) -> bool:
        told = {**values, "updatedAt": rfc3339(self._clock())}
        names = [*told, *removed]
        assignments = ", ".join(f"#{name} = :{name}" for name in told)
        gone = f" REMOVE {', '.join(f'#{name}' for name in removed)}" if removed else ""
        request = {
            "TableName": self._table,
            "Key": _key(job),
            "ConditionExpression": "attribute_exists(job) AND #status <> :completed",
            "UpdateExpression": f"SET {assignments}{gone}",
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": to_item(
                {**{f":{name}": value for name, value in told.items()}, ":completed": COMPLETED}
            ),
        }
        return self._updated(request)


def _key(job: str) -> dict[str, Any]:
    return to_item({"job": job, "part": 0})

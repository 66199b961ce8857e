"""The removal of a generation of the index that is over."""

from __future__ import annotations

import argparse
import threading
from typing import Any

from dynamodb.values import to_value
from operate.database import Call
from operate.search.segments import Rate, Segments
from search.entries import beginning

MOST_DELETED = 25  # BatchWriteItem takes no more


class Drop:
    """One run over the index that removes the items of a generation, and no others."""

    def __init__(self, call: Call, options: argparse.Namespace, generation: int) -> None:
        self._call, self._options, self._generation = call, options, generation
        self._rate = Rate(options.rate)
        self._lock = threading.Lock()
        self._count = 0

    def run(self) -> int:
        """Remove the items. Without --write it only counts them."""
        request = {
            "TableName": self._options.index,
            "ConsistentRead": True,
            "FilterExpression": "begins_with(#shard, :generation)",
            "ProjectionExpression": "#shard, #place",
            "ExpressionAttributeNames": {"#shard": "shard", "#place": "place"},
            "ExpressionAttributeValues": {":generation": to_value(beginning(self._generation))},
        }
        Segments(self._call, request, self._options, f"drop {self._options.index} {self._generation}").run(self._page)
        verb = "removed" if self._options.write else "to remove"
        print(f"generation {self._generation}: {self._count} items {verb}")
        return 0 if self._options.write else self._count

    def _page(self, keys: list[dict[str, Any]]) -> None:
        for start in range(0, len(keys) if self._options.write else 0, MOST_DELETED):
            self._delete(keys[start : start + MOST_DELETED])
        with self._lock:
            self._count += len(keys)

    def _delete(self, keys: list[dict[str, Any]]) -> None:
        waiting = [{"DeleteRequest": {"Key": key}} for key in keys]
        while waiting:
            self._rate.wait(len(waiting))
            answer = self._call("BatchWriteItem", {"RequestItems": {self._options.index: waiting}})
            waiting = answer.get("UnprocessedItems", {}).get(self._options.index, [])

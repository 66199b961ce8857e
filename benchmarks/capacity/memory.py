"""A DynamoDB in memory that has a population and answers what a search asks: a million users fit.

It keeps the keys of the index in their order, and makes items when they are asked for. A test compares it with the
emulator: both have to answer each search with the same calls and the same items.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from functools import lru_cache
from typing import Any

from benchmarks.capacity.population import TABLE, Item, counters, indexed, named, number_of, places, stored
from search.walk import KEYS

BETWEEN = "#shard = :shard AND #place BETWEEN :low AND :high"
Entries = dict[str, list[tuple[str, int]]]  # by shard: places in their order, each with the number of its user
Answer = dict[str, Any]


class Memory:
    """So many users and their index. Reads only."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._counters = {item["shard"]["S"]: item for item in counters(size)}
        self._entries: dict[str, Entries] = {index: defaultdict(list) for index in KEYS}
        for number in range(size):
            for index, shard, place in places(number):
                self._entries[index][shard].append((place, number))
        for entries in self._entries.values():
            for of_shard in entries.values():
                of_shard.sort()

    def call(self, operation: str, request: dict[str, Any]) -> Answer:
        """The answer to a read. Raises ValueError for a request that no search makes."""
        if operation == "Query":
            return self._query(**request)
        if operation == "GetItem":
            item = self._item(request["TableName"], request["Key"])
            return {"Item": item} if item else {}
        if operation == "BatchGetItem":
            return {
                "Responses": {
                    table: [item for key in part["Keys"] if (item := self._item(table, key))]
                    for table, part in request["RequestItems"].items()
                }
            }
        raise ValueError(f"no search calls {operation}")

    def _query(
        self,
        *,
        TableName: str,  # noqa: N803 - the names of DynamoDB
        KeyConditionExpression: str,  # noqa: N803
        ExpressionAttributeNames: dict[str, str],  # noqa: N803
        ExpressionAttributeValues: dict[str, dict[str, str]],  # noqa: N803
        ScanIndexForward: bool,  # noqa: N803
        Limit: int,  # noqa: N803
        IndexName: str = "",  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
        ExclusiveStartKey: dict[str, dict[str, str]] | None = None,  # noqa: N803
    ) -> Answer:
        names = tuple(ExpressionAttributeNames[name] for name in ("#shard", "#place"))
        if (TableName, KeyConditionExpression, names) != (TABLE, BETWEEN, KEYS[IndexName]):
            raise ValueError(f"no search asks for {KeyConditionExpression} in {TableName} {IndexName}")
        shard, low, high = (ExpressionAttributeValues[name]["S"] for name in (":shard", ":low", ":high"))
        there = self._entries[IndexName].get(shard, [])
        start = ExclusiveStartKey[names[1]]["S"] if ExclusiveStartKey else None
        page = window(there, (low, high), start, Limit, ScanIndexForward)
        found = [entry(IndexName, shard, *each) for each in page]
        answer: Answer = {"Items": found, "Count": len(found), "ScannedCount": len(found)}
        if len(found) == Limit:  # DynamoDB does not look behind the limit
            answer["LastEvaluatedKey"] = {name: found[-1][name] for name in (*KEYS[""], *names)}
        return answer

    def _item(self, table: str, key: dict[str, dict[str, str]]) -> Item | None:
        if table == TABLE:
            return self._counters.get(key["shard"]["S"])
        if table == "UserKeys":
            number = int(key["key"]["S"].removeprefix("email#user").partition("@")[0])
            return {"key": key["key"], "userId": {"S": named(number)["userId"]}} if number < self._size else None
        number = number_of(key["userId"]["S"])
        return stored(named(number)) if number < self._size else None


def window(
    there: list[tuple[str, int]], bounds: tuple[str, str], start: str | None, limit: int, forward: bool
) -> list[tuple[str, int]]:
    """The entries of a page: within the bounds, behind the start, in the direction that is asked for."""
    first, last = bisect_left(there, (bounds[0],)), bisect_right(there, (bounds[1], sys.maxsize))
    if start is not None and forward:
        first = max(first, bisect_right(there, (start, sys.maxsize)))
    elif start is not None:
        last = min(last, bisect_left(there, (start,)))
    if forward:
        return there[first : min(last, first + limit)]
    return there[max(first, last - limit) : last][::-1]


def entry(index: str, shard: str, place: str, number: int) -> Item:
    """An entry of the index."""
    head, *words = items_of(number)
    if index:
        return head
    return next(each for each in words if (each["shard"]["S"], each["place"]["S"]) == (shard, place))


@lru_cache(maxsize=10_000)
def items_of(number: int) -> list[Item]:
    """The items of a user in the index."""
    return indexed(named(number))

"""As much of DynamoDB as the search uses, in memory, so that thousands of walks take seconds.

test_history.py runs the same walks on the emulator, with the same results. What the emulator does not do: an order is
behind the table by `lag()` seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dynamodb.errors import TransactionCanceled

Item = dict[str, Any]
KEYS = {"Search": ("shard", "place"), "Users": ("userId",)}
ORDERS = {
    None: ("shard", "place"),
    "ByName": ("nameShard", "namePlace"),
    "ByCreated": ("createdShard", "createdPlace"),
}


class Memory:
    """Two tables. `clock()` is the time of DynamoDB, and `lag()` how far an order is behind it."""

    def __init__(self, clock: Callable[[], float], lag: Callable[[], float]) -> None:
        self._clock, self._lag = clock, lag
        self.tables: dict[str, dict[tuple[str, ...], Item]] = {"Search": {}, "Users": {}}
        self._states: list[tuple[float, dict[tuple[str, ...], Item]]] = []  # of the index, the oldest first

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call."""
        made: dict[str, Any] = getattr(self, f"_{operation}")(request)
        return made

    def _PutItem(self, request: dict[str, Any]) -> dict[str, Any]:
        self.tables[request["TableName"]][_key(request["TableName"], request["Item"])] = request["Item"]
        return {}

    def _DeleteItem(self, request: dict[str, Any]) -> dict[str, Any]:
        self.tables[request["TableName"]].pop(_key(request["TableName"], request["Key"]), None)
        return {}

    def _GetItem(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self.tables[request["TableName"]].get(_key(request["TableName"], request["Key"]))
        return {"Item": item} if item else {}

    def _BatchGetItem(self, request: dict[str, Any]) -> dict[str, Any]:
        [(table, asked)] = request["RequestItems"].items()
        found = [self.tables[table].get(_key(table, key)) for key in asked["Keys"]]
        return {"Responses": {table: [item for item in found if item]}}

    def _Query(self, request: dict[str, Any]) -> dict[str, Any]:
        shard, place = ORDERS[index := request.get("IndexName")]
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        found = [
            item
            for item in (self._of_order() if index else self.tables["Search"]).values()
            if shard in item
            and item[shard]["S"] == values[":shard"]
            and values[":low"] <= item[place]["S"] <= values[":high"]
        ]
        forward = request["ScanIndexForward"]
        where = {id(item): (item[place]["S"].encode(), _key("Search", item)) for item in found}
        found.sort(key=lambda item: where[id(item)], reverse=not forward)
        if after := request.get("ExclusiveStartKey"):
            found = [item for item in found if (where[id(item)] > after if forward else where[id(item)] < after)]
        page = found[: request["Limit"]]
        more = {"LastEvaluatedKey": where[id(page[-1])]} if len(page) < len(found) else {}
        return {"Items": page, **more}

    def _of_order(self) -> dict[tuple[str, ...], Item]:
        """The table as it was some time ago."""
        time = self._clock() - self._lag()
        return next((state for at, state in reversed(self._states) if at <= time), {})

    def _TransactWriteItems(self, request: dict[str, Any]) -> dict[str, Any]:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        assert len(actions) <= 100
        held = [self._holds(action) for _, action in actions]
        if not all(held):
            error = TransactionCanceled("TransactionCanceledException")
            error.reasons = [{"Code": "None" if it else "ConditionalCheckFailed"} for it in held]
            raise error
        table = self.tables["Search"] = dict(self.tables["Search"])
        touched = [_key("Search", action.get("Item") or action["Key"]) for _, action in actions]
        assert len(set(touched)) == len(touched)
        for (kind, action), key in zip(actions, touched, strict=True):
            if kind == "Put":
                table[key] = action["Item"]
            elif kind == "Delete":
                table.pop(key, None)
            else:
                values = action["ExpressionAttributeValues"]
                total = int(table.get(key, {}).get("total", {"N": "0"})["N"]) + int(values[":change"]["N"])
                table[key] = {**action["Key"], "total": {"N": str(total)}, "countedAt": values[":now"]}
        self._states.append((self._clock(), table))
        return {}

    def _holds(self, action: dict[str, Any]) -> bool:
        """Whether the condition on the revision of a head holds."""
        if "ConditionExpression" not in action:
            return True
        there = self.tables["Search"].get(_key("Search", action["Item"]))
        values = list(action.get("ExpressionAttributeValues", {}).values())
        return there["revision"] == values[0] if there and values else not there and not values


def _key(table: str, item: Item) -> tuple[str, ...]:
    return tuple(item[name]["S"] for name in KEYS[table])

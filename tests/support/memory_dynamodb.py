"""A DynamoDB in memory: the operations that the repository uses, with the concurrency of the real one.

It is a transport for `dynamodb.client.Client`, so that requests, answers and errors are the real ones' JSON. What makes
it more than a dictionary is how it behaves when clients meet, which no emulator shows:

- A transaction prepares item by item and commits item by item. Another transaction that meets a prepared item is
  cancelled with TransactionConflict for that item, while the conditions on its other items are judged on their own;
  a single write there is refused with TransactionConflictException; a read gets the last committed item.
- A client request token belongs to one transaction: a second request with it is told that the first is in progress,
  or, once that has committed, that it succeeded.

`turn(label)` is called before every step that another client could come in between; `order` puts the actions of a
transaction in the order in which they are prepared and committed; `written(table, key, before, after)` hears of every
item that changed. Left alone, all run at once and in the order given, as a test of one client wants.

Sources: "TransactWriteItems" and "Transaction conflict handling" in the DynamoDB Developer Guide; "Distributed
Transactions at Scale in Amazon DynamoDB", USENIX ATC 2023.
"""

from __future__ import annotations

import hashlib
import json
import threading
from binascii import crc32
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.memory_expressions import ExpressionError, Item, holds, updated

PREFIX = "com.amazonaws.dynamodb.v20120810#"
NOT_MET = "The conditional request failed"
MAX_ACTIONS = 100

Action = tuple[str, dict[str, Any]]
Written = Callable[[str, str, Item | None, Item | None], None]


class Refused(Exception):
    """An error answer: `code` as in `__type`, the members beside it."""

    def __init__(self, code: str, message: str = "", status: int = 400, **members: Any) -> None:
        super().__init__(code)
        self.status = status
        self.members = {"__type": PREFIX + code, "message": message, **members}


class _Reason(Exception):
    """Why one action cancels its transaction."""

    def __init__(self, code: str, **members: Any) -> None:
        super().__init__(code)
        self.code = code
        self.members = members


class Table:
    """Items by key; `prepared` names the items that a transaction holds."""

    def __init__(self, name: str, key: str) -> None:
        self.name = name
        self.key = key
        self.items: dict[str, Item] = {}
        self.prepared: set[str] = set()

    def key_of(self, members: Mapping[str, Mapping[str, str]]) -> str:
        """The key's text; Refused if the members have none."""
        try:
            return members[self.key]["S"]
        except KeyError:
            raise Refused("ValidationException", "The provided key element does not match the schema") from None


class MemoryDynamoDB:
    """Tables in memory behind the transport of `dynamodb.client.Client`."""

    def __init__(
        self,
        *,
        turn: Callable[[str], None] = lambda label: None,
        order: Callable[[list[int]], list[int]] = list,
        written: Written = lambda table, key, before, after: None,
    ) -> None:
        self.tables: dict[str, Table] = {}
        self._turn = turn
        self._order = order
        self._written = written
        self._tokens: dict[str, tuple[str, bool]] = {}  # token -> what was asked, whether it has committed
        self._lock = threading.RLock()

    def create_table(self, name: str, key: str) -> None:
        """A table with a string partition key."""
        self.tables[name] = Table(name, key)

    def open(self, timeout: float) -> None:
        """There is nothing to connect to."""

    def send(self, operation: str, body: bytes, timeout: float = 0) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its answer, as they go over the wire."""
        try:
            status, members = 200, self.handle(operation, json.loads(body))
        except Refused as refused:
            status, members = refused.status, refused.members
        answer = json.dumps(members).encode()
        return status, {"x-amz-crc32": str(crc32(answer)), "x-amzn-requestid": "0"}, answer

    def handle(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """One request; Refused is its error."""
        operations = {
            "GetItem": self._get_item,
            "PutItem": lambda request: self._write("Put", request),
            "UpdateItem": lambda request: self._write("Update", request),
            "DeleteItem": lambda request: self._write("Delete", request),
            "Scan": self._scan,
            "TransactWriteItems": self._transact,
        }
        if operation not in operations:
            raise Refused("UnknownOperationException")
        with self._lock:
            try:
                return operations[operation](request)
            except ExpressionError as error:
                raise Refused("ValidationException", f"Invalid expression: {error}") from error

    @property
    def settled(self) -> bool:
        """Whether no transaction is half committed."""
        return not any(table.prepared for table in self.tables.values())

    def _table(self, request: Mapping[str, Any]) -> Table:
        try:
            return self.tables[request["TableName"]]
        except KeyError:
            raise Refused("ResourceNotFoundException", "Requested resource not found") from None

    def _get_item(self, request: dict[str, Any]) -> dict[str, Any]:
        self._turn("GetItem")
        table = self._table(request)
        item = table.items.get(table.key_of(request["Key"]))
        return {"Item": item} if item else {}

    def _scan(self, request: dict[str, Any]) -> dict[str, Any]:
        self._turn("Scan")
        table = self._table(request)
        start = request.get("ExclusiveStartKey")
        after = _position(table.key_of(start)) if start else ""
        keys = sorted((key for key in table.items if _position(key) > after), key=_position)
        page = keys[: request.get("Limit", len(keys))]
        answer: dict[str, Any] = {"Items": [], "Count": len(page), "ScannedCount": len(page)}
        for key in page:  # a scan reads item by item: others write meanwhile
            self._turn("Scan item")
            if key in table.items:
                answer["Items"].append(table.items[key])
        answer["Count"] = answer["ScannedCount"] = len(answer["Items"])
        if page and len(page) == request.get("Limit"):
            answer["LastEvaluatedKey"] = {table.key: {"S": page[-1]}}
        return answer

    def _write(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        self._turn(f"{kind}Item")
        table, key = self._target(kind, request)
        if key in table.prepared:
            raise Refused("TransactionConflictException", "Transaction is ongoing for the item")
        before = table.items.get(key)
        if not _met(request, before):
            raise Refused("ConditionalCheckFailedException", NOT_MET, **_failing_item(request, before))
        self._apply(table, key, _result(kind, table, request, before))
        wanted = request.get("ReturnValues", "NONE")
        if wanted == "ALL_NEW":
            return {"Attributes": table.items[key]}
        return {"Attributes": before} if wanted == "ALL_OLD" and before else {}

    def _target(self, kind: str, action: Mapping[str, Any]) -> tuple[Table, str]:
        table = self._table(action)
        return table, table.key_of(action["Item"] if kind == "Put" else action["Key"])

    def _apply(self, table: Table, key: str, after: Item | None) -> None:
        before = table.items.pop(key, None)
        if after is not None:
            table.items[key] = after
        self._written(table.name, key, before, after)

    def _transact(self, request: dict[str, Any]) -> dict[str, Any]:
        self._turn("TransactWriteItems")
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        self._check_targets(actions)
        token = request.get("ClientRequestToken")
        asked = json.dumps(request["TransactItems"], sort_keys=True)
        if token and token in self._tokens:
            return self._repeated(token, asked)
        if token:
            self._tokens[token] = asked, False
        try:
            self._commit(actions, self._prepare(actions))
        except BaseException:
            self._tokens.pop(token or "", None)
            raise
        if token:
            self._tokens[token] = asked, True
        return {}

    def _check_targets(self, actions: list[Action]) -> None:
        targets = [(table.name, key) for table, key in (self._target(*action) for action in actions)]
        if not 0 < len(actions) <= MAX_ACTIONS or len(set(targets)) < len(targets):
            raise Refused("ValidationException", "Transaction request cannot include multiple operations on one item")

    def _repeated(self, token: str, asked: str) -> dict[str, Any]:
        first, committed = self._tokens[token]
        if first != asked:
            raise Refused("IdempotentParameterMismatchException")
        if not committed:
            raise Refused("TransactionInProgressException")
        return {}

    def _prepare(self, actions: list[Action]) -> list[Item | None]:
        """Hold every item, or cancel; what each item will be."""
        reasons: list[dict[str, Any]] = [{"Code": "None"} for _ in actions]
        results: list[Item | None] = [None for _ in actions]
        held: list[tuple[Table, str]] = []
        for index in self._order(list(range(len(actions)))):
            self._turn("prepare")
            try:
                results[index] = self._hold(*actions[index], held)
            except _Reason as reason:
                reasons[index] = {"Code": reason.code, **reason.members}
        if len(held) == len(actions):
            return results
        for table, key in held:
            table.prepared.remove(key)
        codes = ", ".join(reason["Code"] for reason in reasons)
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        raise Refused("TransactionCanceledException", message, CancellationReasons=reasons)

    def _hold(self, kind: str, action: dict[str, Any], held: list[tuple[Table, str]]) -> Item | None:
        """Hold one action's item; what it will be."""
        table, key = self._target(kind, action)
        before = table.items.get(key)
        if key in table.prepared:
            raise _Reason("TransactionConflict", Message="Transaction is ongoing for the item")
        if not _met(action, before):
            raise _Reason("ConditionalCheckFailed", Message=NOT_MET, **_failing_item(action, before))
        try:
            result = _result(kind, table, action, before)
        except ExpressionError as error:
            raise _Reason("ValidationError", Message=str(error)) from error
        table.prepared.add(key)
        held.append((table, key))
        return result

    def _commit(self, actions: list[Action], results: list[Item | None]) -> None:
        for index in self._order(list(range(len(actions)))):
            self._turn("commit")
            kind, action = actions[index]
            table, key = self._target(kind, action)
            table.prepared.remove(key)
            if kind != "ConditionCheck":
                self._apply(table, key, results[index])


def _met(action: Mapping[str, Any], item: Item | None) -> bool:
    expression = action.get("ConditionExpression")
    if not expression:
        return True
    names, values = action.get("ExpressionAttributeNames", {}), action.get("ExpressionAttributeValues", {})
    return holds(expression, item or {}, names, values)


def _failing_item(action: Mapping[str, Any], item: Item | None) -> dict[str, Any]:
    return {"Item": item} if item and action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}


def _result(kind: str, table: Table, action: Mapping[str, Any], before: Item | None) -> Item | None:
    if kind == "Put":
        return dict(action["Item"])
    if kind in ("Delete", "ConditionCheck"):
        return None
    names, values = action.get("ExpressionAttributeNames", {}), action.get("ExpressionAttributeValues", {})
    return updated(action["UpdateExpression"], before or action["Key"], names, values)


def _position(key: str) -> str:
    """Where a key stands in the table's own order, which follows a hash."""
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()

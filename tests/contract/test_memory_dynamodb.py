"""The database in memory answers as the emulator does: the same random requests, compared answer by answer."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.contract.conftest import emulator_client
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.tables import Tables
from utils.deadline import Deadline

REQUESTS = 400
KEYS = ["a", "b", "c"]
SEEDS = [1, 2, 3]


def value(random: random.Random) -> dict[str, str]:
    return random.choice([{"S": "x"}, {"S": "y"}, {"N": "1"}, {"N": "2"}, {"N": "10"}])


class Request:
    """One random request over the attributes n, s and t, with its placeholders."""

    def __init__(self, random: random.Random, table: str, attribute: str) -> None:
        self.random = random
        self.base = {"TableName": table}
        self.attribute = attribute
        self.names: dict[str, str] = {}
        self.values: dict[str, dict[str, str]] = {}

    def name(self) -> str:
        name = self.random.choice(["n", "s", "t", self.attribute])
        self.names[f"#{name}"] = name
        return f"#{name}"

    def operand(self) -> str:
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = value(self.random)
        return placeholder

    def condition(self, depth: int = 2) -> str:
        kind = self.random.randrange(8 if depth else 4)
        if kind == 0:
            return f"attribute_exists({self.name()})"
        if kind == 1:
            return f"attribute_not_exists({self.name()})"
        if kind == 2:
            return f"{self.name()} IN ({', '.join(self.operand() for _ in range(self.random.randint(1, 3)))})"
        if kind == 3 or not depth:
            return f"{self.name()} {self.random.choice(['=', '<>', '<', '<=', '>', '>='])} {self.operand()}"
        if kind == 4:
            return f"NOT {self.condition(0)}"
        joined = self.random.choice([" AND ", " OR "]).join(self.condition(depth - 1) for _ in range(2))
        return f"({joined})" if depth == 1 else joined

    def update(self) -> str:
        parts = [f"#t = {self.operand()}"]
        self.names["#t"] = "t"
        if self.random.random() < 0.4:
            self.names["#n"] = "n"
            self.values[":one"] = {"N": "1"}
            parts.append("#n = #n + :one")
        text = f"SET {', '.join(parts)}"
        if self.random.random() < 0.3:
            self.names["#s"] = "s"
            text += " REMOVE #s"
        return text

    def finished(self, **members: Any) -> dict[str, Any]:
        if self.random.random() < 0.8:
            members["ConditionExpression"] = self.condition()
            if self.random.random() < 0.7:
                members["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self.names:
            members["ExpressionAttributeNames"] = self.names
        if self.values:
            members["ExpressionAttributeValues"] = self.values
        return {**self.base, **members}

    def key(self) -> dict[str, Any]:
        return {self.attribute: {"S": self.random.choice(KEYS)}}

    def action(self, kind: str) -> dict[str, Any]:
        if kind == "Put":
            more = {name: value(self.random) for name in ("s", "t") if self.random.random() < 0.7}
            number = {"n": {"N": str(self.random.randint(0, 3))}}
            return self.finished(Item={**self.key(), **more, **number})
        if kind == "Update":
            return self.finished(Key=self.key(), UpdateExpression=self.update())
        return self.finished(Key=self.key())


def operation(random: random.Random, tables: Tables) -> tuple[str, dict[str, Any]]:
    """An operation and its request."""
    kind = random.choice(["GetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "Scan"])
    pair = [(tables.users, "userId"), (tables.keys, "key")]
    table, attribute = random.choice(pair)
    request = Request(random, table, attribute)
    if kind == "GetItem":
        return kind, {"TableName": table, "Key": request.key(), "ConsistentRead": True}
    if kind == "Scan":
        return kind, {"TableName": table, "ConsistentRead": True}
    if kind == "TransactWriteItems":
        kinds = [random.choice(["Put", "Update", "Delete"]) for _ in pair]
        actions = [{kind: Request(random, *place).action(kind)} for kind, place in zip(kinds, pair, strict=True)]
        return kind, {"TransactItems": actions}
    single = request.action(kind.removesuffix("Item"))
    if random.random() < 0.5:
        single["ReturnValues"] = "ALL_NEW" if kind == "UpdateItem" else "ALL_OLD"
    return kind, single


def outcome(status: int, body: bytes) -> Any:
    """What of an answer is promised: not its words, nor the order of a scan."""
    answer = json.loads(body)
    if "Items" in answer:
        return sorted(json.dumps(item, sort_keys=True) for item in answer["Items"])
    code = answer.get("__type", "").rpartition("#")[2]
    reasons = [
        {name: reason[name] for name in reason if name != "Message"} for reason in answer.get("CancellationReasons", [])
    ]
    return status, code, answer.get("Item"), answer.get("Attributes"), reasons


@pytest.mark.parametrize("seed", SEEDS)
def test_it_answers_random_requests_as_the_emulator_does(emulator: Any, tables: Tables, seed: int) -> None:
    chance = random.Random(seed)
    memory = MemoryDynamoDB()
    memory.create_table(tables.users, "userId")
    memory.create_table(tables.keys, "key")
    real = emulator_client("client", emulator)._transport
    seen = set()
    for _ in range(REQUESTS):
        name, request = operation(chance, tables)
        body = json.dumps(request).encode()
        status, _headers, answer = real.send(name, body, Deadline(5).remaining())
        mine_status, _headers, mine = memory.send(name, body)
        assert outcome(mine_status, mine) == outcome(status, answer), request
        seen.add((name, status, json.loads(answer).get("__type")))
    assert len(seen) >= 9, seen


def test_a_token_belongs_to_one_transaction(emulator: Any, tables: Tables) -> None:
    memory = MemoryDynamoDB()
    memory.create_table(tables.users, "userId")
    real = emulator_client("client", emulator)._transport
    put = {
        "Put": {
            "TableName": tables.users,
            "Item": {"userId": {"S": "a"}},
            "ConditionExpression": "attribute_not_exists(userId)",
        }
    }
    for engine in (real, memory):
        first = {"TransactItems": [put], "ClientRequestToken": f"token-{tables.users}"}
        other = {**first, "TransactItems": [{"Delete": {"TableName": tables.users, "Key": {"userId": {"S": "a"}}}}]}
        codes = []
        for request in (first, first, other):
            status, _headers, answer = engine.send("TransactWriteItems", json.dumps(request).encode(), 5)
            codes.append((status, json.loads(answer).get("__type", "").rpartition("#")[2]))
        assert codes == [(200, ""), (200, ""), (400, "IdempotentParameterMismatchException")]

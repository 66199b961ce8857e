"""The local database holds what a plain model of DynamoDB holds, in its order, also after `kill -9`."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.kills import Connection, Victim

pytestmark = pytest.mark.local_only

NAME = "Model"
NUMBERS = ["0", "-0", "1e2", "100", "100.0", "1", "01", "-1.50", "-1.5", "1E-5", "0.00001", "-99", "2", "10"]
TEXTS = ["a", "A", "b", "~", "\u00e9", "\U0001f600", "\uffff", "\x00", " ", "ab"]
KINDS = {"n": "N", "b": "B", "s": "S"}
TABLE = ("n", "b")
INDEXES = {"by-s-n": ("s", "n"), "by-b": ("b", ""), "local-s": ("n", "s")}
LATER = {"by-n-s": ("n", "s")}
SEEDS = int(os.environ.get("SEEDS", "2"))
Item = dict[str, Any]


def plain(value: dict[str, str]) -> Any:
    """A value as DynamoDB compares it."""
    [(kind, text)] = value.items()
    if kind == "N":
        return Decimal(text).normalize() + 0
    return base64.b64decode(text) if kind == "B" else text.encode()


def plain_items(items: list[Item]) -> list[str]:
    return sorted(repr(sorted((name, plain(value)) for name, value in item.items())) for item in items)


def schema(hashed: str, ranged: str) -> list[dict[str, str]]:
    names = [name for name in (hashed, ranged) if name]
    return [{"AttributeName": n, "KeyType": kind} for n, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def index(name: str, keys: tuple[str, str]) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": schema(*keys), "Projection": {"ProjectionType": "ALL"}}


class Model:
    """The same table twice: a dictionary here, and in the local database."""

    def __init__(self, data: Path, seed: int) -> None:
        self.random, self.data = random.Random(seed), data
        self.items: dict[tuple[Any, ...], Item] = {}
        self.keys = {"": TABLE, **INDEXES}
        self.definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in KINDS.items()]
        self.start()
        self.call(
            "CreateTable",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=self.definitions,
            KeySchema=schema(*TABLE),
            GlobalSecondaryIndexes=[index(name, keys) for name, keys in INDEXES.items() if name.startswith("by")],
            LocalSecondaryIndexes=[index(name, keys) for name, keys in INDEXES.items() if name.startswith("local")],
        )

    def start(self) -> None:
        self.victim = Victim(self.data, "--compact-bytes", "60000", "--sweep-seconds", "0.05")
        self.connection = Connection(self.victim.port)

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        answer = self.connection.call(operation, {"TableName": NAME, **request})
        assert answer["status"] == 200, (operation, request, answer)
        return answer

    def kill(self) -> None:
        self.victim.end()
        self.start()

    def value(self, name: str) -> dict[str, str]:
        text = self.random.choice(NUMBERS if name == "n" else TEXTS)
        return {KINDS[name]: base64.b64encode(text.encode()).decode() if name == "b" else text}

    def item(self) -> Item:
        found = {name: self.value(name) for name in KINDS if name in TABLE or self.random.random() < 0.7}
        return found | {"x": {"S": "x" * self.random.choice([0, 3, 3, 3, 60_000])}}

    def change(self) -> None:
        """One write, to both."""
        item = self.item()
        key, known = {name: item[name] for name in TABLE}, tuple(plain(item[name]) for name in TABLE)
        match self.random.choice(["put", "put", "put", "delete", "update", "transact"]):
            case "put":
                self.call("PutItem", Item=item)
                self.items[known] = item
            case "delete":
                self.call("DeleteItem", Key=key)
                self.items.pop(known, None)
            case "update":
                values = {":s": self.value("s")}
                self.call("UpdateItem", Key=key, UpdateExpression="SET s = :s", ExpressionAttributeValues=values)
                self.items[known] = {**self.items.get(known, key), "s": values[":s"]}
            case "transact":
                self.transact()

    def transact(self) -> None:
        """Up to 100 items at once."""
        made = [self.item() | {"x": {"S": ""}} for _ in range(self.random.choice([1, 10, 100]))]
        new = {tuple(plain(item[name]) for name in TABLE): item for item in made}
        self.call("TransactWriteItems", TransactItems=[{"Put": {"TableName": NAME, "Item": i}} for i in new.values()])
        self.items |= new

    def add_index(self) -> None:
        """An index for what is there already."""
        for name, keys in LATER.items():
            update = [{"Create": index(name, keys)}]
            self.call("UpdateTable", AttributeDefinitions=self.definitions, GlobalSecondaryIndexUpdates=update)
            self.keys[name] = keys

    def pages(self, operation: str, **request: Any) -> Iterator[Item]:
        """All items of all pages."""
        while True:
            page = self.call(operation, **request)
            assert page["ScannedCount"] <= request.get("Limit", 10_000)
            assert len(json.dumps(page)) < 1_200_000
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def compare(self) -> None:
        """One read of both."""
        name = self.random.choice(sorted(self.keys))
        request: dict[str, Any] = {"IndexName": name} if name else {}
        request |= self.random.choice([{}, {"Limit": 1}, {"Limit": 7}, {"Limit": 500}])
        there = [item for item in self.items.values() if all(key in item for key in self.keys[name] if key)]
        self.random.choice([self.compare_scan, self.compare_query])(self.keys[name], request, there)

    def compare_scan(self, _keys: tuple[str, str], request: dict[str, Any], there: list[Item]) -> None:
        total = self.random.randint(1, 4)
        parts: list[dict[str, int]] = [{"TotalSegments": total, "Segment": part} for part in range(total)]
        found = [item for part in parts for item in self.pages("Scan", **request, **part)]
        assert plain_items(found) == plain_items(there), request

    def compare_query(self, keys: tuple[str, str], request: dict[str, Any], there: list[Item]) -> None:
        hashed, ranged = keys
        forward, wanted = self.random.random() < 0.5, self.value(hashed)
        request |= {"KeyConditionExpression": f"{hashed} = :h", "ScanIndexForward": forward}
        found = list(self.pages("Query", **request, ExpressionAttributeValues={":h": wanted}))
        of_it = [item for item in there if plain(item[hashed]) == plain(wanted)]
        assert plain_items(found) == plain_items(of_it), (request, wanted)
        order = [plain(item[ranged]) for item in found if ranged]
        assert order == sorted(order, reverse=not forward), (request, wanted)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_random_changes_and_reads_agree_with_a_model(tmp_path, seed):
    model = Model(tmp_path, seed)
    try:
        for round_ in range(3):
            for _ in range(40):
                model.change()
            if round_ == 1:
                model.add_index()
            for _ in range(15):
                model.compare()
            model.kill()
            for _ in range(10):
                model.compare()
    finally:
        model.victim.end()

"""Random tables, items, changes and reads of DynamoDB, each from one seed."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from local.aws.emulator.internals import DynamoDB
from local.aws.tables.dynamodb import finished

NAME = "Random"
KEY_TYPES = ("S", "N", "B")
INDEXED = {"s": "S", "n": "N", "b": "B", "t": "S"}
OPERATORS = ("=", "<", "<=", ">", ">=")
OLD_OPERATORS = ("EQ", "LT", "LE", "GT", "GE", "BEGINS_WITH", "BETWEEN")


class RandomTable:
    """A table in ministack's DynamoDB, with a definition, changes and reads that a seed decides."""

    def __init__(self, dynamodb: DynamoDB, seed: int) -> None:
        self.dynamodb = dynamodb
        self.random = random.Random(seed)
        self.large = self.random.random() < 0.2
        self.keys = {"pk": self.random.choice(KEY_TYPES)}
        if self.random.random() < 0.7:
            self.keys["sk"] = self.random.choice(KEY_TYPES)
        self.indexes = self.global_indexes() | (self.local_indexes() if "sk" in self.keys else {})
        self.create()

    def call(self, operation: str, **request: Any) -> tuple[int, dict[str, Any]]:
        """ministack's own response to a request."""
        headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
        body = json.dumps({"TableName": NAME, **request}).encode()
        status, _, answer = finished(self.dynamodb.handle_request("POST", "/", headers, body, {}))
        return status, json.loads(answer)

    # --- definitions -------------------------------------------------------------------------------------------

    def global_indexes(self) -> dict[str, list[tuple[str, str]]]:
        """Some global indexes: names with the attributes and kinds of their keys."""
        shapes = {
            "by-s": [("s", "HASH")],
            "by-s-n": [("s", "HASH"), ("n", "RANGE")],
            "by-n-b": [("n", "HASH"), ("b", "RANGE")],
            "by-b-s": [("b", "HASH"), ("s", "RANGE")],
            "by-two": [("s", "HASH"), ("n", "HASH"), ("t", "RANGE"), ("b", "RANGE")],
            "by-pk": [("pk", "HASH"), ("t", "RANGE")],
        }
        return {name: shapes[name] for name in self.random.sample(sorted(shapes), self.random.randint(0, 4))}

    def local_indexes(self) -> dict[str, list[tuple[str, str]]]:
        """Perhaps a local index."""
        name = self.random.choice(["s", "n", "b"])
        return {f"local-{name}": [("pk", "HASH"), (name, "RANGE")]} if self.random.random() < 0.7 else {}

    def create(self) -> None:
        """Create the table."""
        used = {name for schema in self.indexes.values() for name, _ in schema} | set(self.keys)
        definition: dict[str, Any] = {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": self.kind(n)} for n in sorted(used)],
            "KeySchema": schema_of(list(zip(self.keys, ("HASH", "RANGE"), strict=False))),
        }
        for name, schema in self.indexes.items():
            kind = "LocalSecondaryIndexes" if name.startswith("local") else "GlobalSecondaryIndexes"
            definition.setdefault(kind, []).append(self.index_definition(name, schema))
        status, answer = self.call("CreateTable", **definition)
        assert status == 200, answer

    def index_definition(self, name: str, schema: list[tuple[str, str]]) -> dict[str, Any]:
        """An index with a random projection."""
        projection: dict[str, Any] = {"ProjectionType": self.random.choice(["ALL", "KEYS_ONLY", "INCLUDE"])}
        if projection["ProjectionType"] == "INCLUDE":
            projection["NonKeyAttributes"] = ["text"]
        return {"IndexName": name, "KeySchema": schema_of(schema), "Projection": projection}

    def kind(self, name: str) -> str:
        """The type of an attribute."""
        return self.keys.get(name) or INDEXED[name]

    # --- changes -----------------------------------------------------------------------------------------------

    def value(self, kind: str) -> dict[str, str]:
        """A value of few, so that equal ones meet."""
        number = self.random.randint(-12, 12)
        if kind == "N":
            return {"N": self.random.choice([str(number), f"{number}.5"])}
        text = "".join(self.random.choices("aAbz\u00e9\U0001f600~", k=self.random.randint(1, 3)))
        return {"S": text} if kind == "S" else {"B": base64.b64encode(text.encode()).decode()}

    def key(self) -> dict[str, Any]:
        """A random key."""
        return {name: self.value(kind) for name, kind in self.keys.items()}

    def item(self) -> dict[str, Any]:
        """An item; keys of indexes may be missing."""
        filling = "x" * self.random.choice([100_000, 250_000, 390_000]) if self.large else "x"
        others = {name: self.value(kind) for name, kind in INDEXED.items() if self.random.random() < 0.8}
        return {"text": {"S": filling}, "more": {"N": str(self.random.randint(0, 9))}, **others, **self.key()}

    def change(self) -> None:
        """Change the table in one of the ways in which a table changes."""
        ways = [self.put] * 8 + [self.delete, self.update, self.batch, self.transact, self.expire] * 2
        self.random.choice([*ways, self.statement, self.create_again, self.restore])()

    def fill(self) -> None:
        """Put some items."""
        for _ in range(self.random.randint(0, 25 if self.large else 150)):
            self.put()

    def put(self) -> None:
        self.call("PutItem", Item=self.item())

    def delete(self) -> None:
        self.call("DeleteItem", Key=self.existing())

    def update(self) -> None:
        name = self.random.choice(sorted(INDEXED))
        if self.random.random() < 0.3:
            self.call("UpdateItem", Key=self.existing(), UpdateExpression=f"REMOVE {name}")
            return
        values = {":v": self.value(INDEXED[name])}
        self.call(
            "UpdateItem",
            Key=self.existing(),
            UpdateExpression="SET #n = :v",
            ExpressionAttributeNames={"#n": name},
            ExpressionAttributeValues=values,
        )

    def batch(self) -> None:
        requests = [{"PutRequest": {"Item": self.item()}}, {"DeleteRequest": {"Key": self.existing()}}]
        self.call("BatchWriteItem", RequestItems={NAME: requests})

    def transact(self) -> None:
        put = {"Put": {"TableName": NAME, "Item": self.item()}}
        delete = {"Delete": {"TableName": NAME, "Key": self.existing()}}
        self.call("TransactWriteItems", TransactItems=[put, delete])

    def statement(self) -> None:
        """PartiQL, alone and in a transaction that fails, after which ministack puts all items back."""
        key = self.existing()
        where = " AND ".join(f"{name} = ?" for name in key)
        statement = {"Statement": f'DELETE FROM "{NAME}" WHERE {where}', "Parameters": list(key.values())}
        insert = {"Statement": f"INSERT INTO \"{NAME}\" VALUE {{'other': 1}}"}
        self.call("ExecuteTransaction", TransactStatements=[statement, insert])
        self.call("ExecuteStatement", **statement)

    def expire(self) -> None:
        """Remove an item as ministack's expiry thread does."""
        table = self.dynamodb.tables.get(NAME)
        for key in list(table["items"])[:1]:
            for sort in list(table["items"][key])[:1]:
                self.dynamodb.remove_item(table, key, sort)

    def create_again(self) -> None:
        self.drop()
        self.create()
        self.fill()

    def restore(self) -> None:
        """Back to a copy, which has the same name."""
        status, answer = self.call("CreateBackup", BackupName="copy")
        if status == 200:
            self.drop()
            arn = answer["BackupDetails"]["BackupArn"]
            self.call("RestoreTableFromBackup", TargetTableName=NAME, BackupArn=arn)
            self.call("DeleteBackup", BackupArn=arn)
        if self.dynamodb.tables.get(NAME) is None:
            self.create()

    def drop(self) -> None:
        self.call("DeleteTable")

    def existing(self) -> dict[str, Any]:
        """The key of an item, mostly of one that is there."""
        items = [item for part in self.dynamodb.tables.get(NAME)["items"].values() for item in part.values()]
        if not items or self.random.random() < 0.1:
            return self.key()
        return {name: self.random.choice(items[-20:])[name] for name in self.keys}

    # --- reads -------------------------------------------------------------------------------------------------

    def read(self) -> tuple[str, dict[str, Any]]:
        """A Scan or a Query, seldom a wrong one."""
        request: dict[str, Any] = {"TableName": NAME, "ReturnConsumedCapacity": self.random.choice(["NONE", "INDEXES"])}
        if self.indexes and self.random.random() < 0.6:
            request["IndexName"] = self.random.choice(sorted(self.indexes))
        if self.random.random() < 0.7:
            request["Limit"] = self.random.choice([1, 2, 3, 5, 10, 100, 1000])
        if self.random.random() < 0.2:
            request["ConsistentRead"] = True
        request |= self.random.choice([{}, {}, {"Select": "COUNT"}, {"ProjectionExpression": "pk, #m"}])
        if "ProjectionExpression" in request:
            request["ExpressionAttributeNames"] = {"#m": "more"}
        if self.random.random() < 0.5:
            return "Scan", self.scan(request)
        return "Query", self.query(request)

    def scan(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.random.random() < 0.2:
            total = self.random.randint(1, 5)
            request |= {"TotalSegments": total, "Segment": self.random.randrange(total + self.random.randint(0, 1))}
        if self.random.random() < 0.3:
            values = request.setdefault("ExpressionAttributeValues", {})
            values[":f"] = {"N": str(self.random.randint(0, 9))}
            request["FilterExpression"] = "more < :f"
        elif self.random.random() < 0.1:
            condition = {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "4"}]}
            request["ScanFilter"] = {"more": condition}
        return request

    def query(self, request: dict[str, Any]) -> dict[str, Any]:
        schema = self.indexes.get(request.get("IndexName", "")) or list(zip(self.keys, ("HASH", "RANGE"), strict=False))
        hashes = [name for name, kind in schema if kind == "HASH"]
        ranges = [name for name, kind in schema if kind == "RANGE"]
        self.used = self.some_values([*hashes, *ranges])
        request["ScanIndexForward"] = self.random.random() < 0.5
        old = len(hashes) == 1 and self.random.random() < 0.25 and "ProjectionExpression" not in request
        request |= self.old_conditions(hashes, ranges) if old else self.key_expression(hashes, ranges, request)
        return request

    def some_values(self, names: list[str]) -> dict[str, Any]:
        """Values of the keys, mostly those of an item."""
        item = self.item()
        table = self.dynamodb.tables.get(NAME)
        items = [it for part in table["items"].values() for it in part.values() if all(n in it for n in names)]
        found = self.random.choice(items) if items and self.random.random() < 0.9 else item
        return {name: found.get(name) or self.value(self.kind(name)) for name in names}

    def old_conditions(self, hashes: list[str], ranges: list[str]) -> dict[str, Any]:
        """KeyConditions."""
        conditions = {name: {"ComparisonOperator": "EQ", "AttributeValueList": [self.used[name]]} for name in hashes}
        if ranges and self.random.random() < 0.8:
            name, operator = ranges[0], self.random.choice(OLD_OPERATORS)
            operands = [self.used[name], self.value(self.kind(name))][: 1 + (operator == "BETWEEN")]
            conditions[name] = {"ComparisonOperator": operator, "AttributeValueList": operands}
        return {"KeyConditions": conditions}

    def key_expression(self, hashes: list[str], ranges: list[str], request: dict[str, Any]) -> dict[str, Any]:
        """A KeyConditionExpression, in one of the ways to write it."""
        values: dict[str, Any] = dict(request.get("ExpressionAttributeValues", {}))
        names: dict[str, str] = dict(request.get("ExpressionAttributeNames", {}))
        clauses = []
        asked = ranges[: self.random.randint(0, len(ranges))]
        for name in [*hashes, *asked]:
            values[f":{name}"] = self.used[name]
            word = name
            if self.random.random() < 0.3:
                names[f"#{name}"] = name
                word = f"#{name}"
            equal = name in hashes or name != asked[-1]
            clauses.append(f"{word} = :{name}" if equal else self.sort_clause(word, name, values))
        if self.random.random() < 0.2:
            self.random.shuffle(clauses)
        wrong = self.random.choice([" AND", ")", " :pk", " AND size(pk)", " OR pk = pk"])
        written = " AND ".join(clauses) + (wrong if self.random.random() < 0.1 else "")
        found: dict[str, Any] = {"KeyConditionExpression": written, "ExpressionAttributeValues": values}
        return found | ({"ExpressionAttributeNames": names} if names else {})

    def sort_clause(self, word: str, name: str, values: dict[str, Any]) -> str:
        """A condition on a sort key."""
        kind = self.kind(name)
        form = self.random.choice(["compare", "compare", "mirrored", "between", "begins", "wrong"])
        if form == "between":
            values[":high"] = self.value(kind)
            return f"{word} BETWEEN :{name} AND :high"
        if form == "begins":
            if kind == "S":
                values[f":{name}"] = {"S": values[f":{name}"]["S"][:1]}
            return f"begins_with({word}, :{name})"
        if form == "wrong" and self.random.random() < 0.3:
            values[f":{name}"] = self.value(self.random.choice(KEY_TYPES))
        operator = self.random.choice(OPERATORS)
        return f":{name} {operator} {word}" if form == "mirrored" else f"{word} {operator} :{name}"

    def damaged(self, start: dict[str, Any]) -> dict[str, Any]:
        """A cursor, seldom with something missing or wrong."""
        start = dict(start)
        if self.random.random() < 0.05:
            start.pop(self.random.choice(sorted(start)))
        elif self.random.random() < 0.05:
            name = self.random.choice(sorted(start))
            start[name] = self.value(self.random.choice(KEY_TYPES))
        return start


def schema_of(keys: list[tuple[str, str]]) -> list[dict[str, str]]:
    """A key schema."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]

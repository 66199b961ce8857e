"""Every call that the functions make, as IAM sees it: who, which action, on what."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field

from tests.support.forwarder import Answer, Forwarder, Request

CREDENTIAL = re.compile(r"Credential=([^/]+)/")
IN_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


OF_ONE_RESOURCE = {"AWSEvents": "events", "AmazonSQS": "sqs"}


@dataclass(frozen=True)
class Call:
    """One authorised action: the access key that signed, the IAM action, the table, the partition keys it names.

    `refused` tells that IAM turned the request away that it was part of.
    """

    access_key: str
    action: str
    table: str
    keys: frozenset[str]
    refused: bool


@dataclass
class Recorder(Forwarder):
    """Stands between the functions and AWS."""

    calls: list[Call] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def see(self, request: Request, answer: Answer) -> None:
        """Note a request."""
        with self.lock:
            self.calls += read(request, answer)

    def since(self, mark: int) -> list[Call]:
        """The calls from number `mark` on."""
        with self.lock:
            return self.calls[mark:]


def read(request: Request, answer: Answer) -> list[Call]:
    """The actions of one request; one that is not DynamoDB's is kept as it stands, so that nothing goes unseen."""
    signed = CREDENTIAL.search(request.headers.get("authorization", ""))
    who = signed[1] if signed else ""
    refused = answer.status >= 400 and b"AccessDenied" in answer.body  # AWS says 400 where ministack says 403
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if service in OF_ONE_RESOURCE:
        return [of_one_resource(who, service, operation, json.loads(request.body), refused)]
    if not service.startswith("DynamoDB_"):
        return [Call(who, f"{request.method} {request.path} {operation}", "", frozenset(), refused)]
    body = json.loads(request.body)
    if operation in ("TransactWriteItems", "TransactGetItems"):
        # IAM knows no transactions: each item is authorised as the action that it is
        return [
            call(who, IN_TRANSACTION[kind], item, refused)
            for each in body["TransactItems"]
            for kind, item in each.items()
        ]
    return [call(who, operation, body, refused)]


def of_one_resource(who: str, service: str, operation: str, body: dict, refused: bool) -> Call:
    """A call to the bus or to a queue, by the name of that."""
    name = body["Entries"][0]["EventBusName"] if service == "AWSEvents" else body["QueueUrl"].rpartition("/")[2]
    return Call(who, f"{OF_ONE_RESOURCE[service]}:{operation}", name, frozenset(), refused)


def call(who: str, operation: str, item: dict, refused: bool) -> Call:
    """One action on one table."""
    keys = frozenset(value["S"] for value in (item.get("Key") or partition_key(item.get("Item", {}))).values())
    return Call(who, f"dynamodb:{operation}", item["TableName"], keys, refused)


def partition_key(item: dict) -> dict:
    """The key of an item to be put: a claim has `key`, and a user only `userId`."""
    return {name: item[name] for name in (["key"] if "key" in item else ["userId"]) if name in item}

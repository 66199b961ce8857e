"""Our own transport and botocore, against the same emulator: the same answers, the same errors."""

from __future__ import annotations

import os
import threading
import uuid

import pytest

from dynamodb.client import Client, from_environment
from dynamodb.errors import ConditionalCheckFailed, DynamoDBError, RequestRejected, TransactionCanceled
from tests.support.tables import create_tables, delete_tables
from utils.deadline import Deadline


@pytest.fixture(scope="module")
def clients(emulator):
    """Both clients on the emulator, by name."""
    settings = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": emulator.endpoint,
    }
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield {
            "own": from_environment(settings),
            "boto3": from_environment({**settings, "DYNAMODB_CLIENT": "boto3"}),
        }
    finally:
        os.environ.clear()
        os.environ.update(before)


def outcome(client: Client, operation: str, request: dict) -> object:
    """The answer, or what the error says, without what differs from call to call."""
    try:
        return client.call(operation, request, Deadline(10))
    except DynamoDBError as error:
        details = getattr(error, "item", None), getattr(error, "reasons", None)
        return type(error), error.code, error.message, error.status, error.uncertain, details


def put(table: str, item: dict, condition: str = "", **more: object) -> dict:
    request: dict = {"TableName": table, "Item": item, **more}
    if condition:
        request["ConditionExpression"] = condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return request


ANN = {"userId": {"S": "1"}, "name": {"S": 'Ann \u00e9\u2028\U0001f600\u0000"\\'}, "age": {"N": "30"}}
BOB = {"userId": {"S": "2"}, "name": {"S": "Bob"}}
KEY = {"userId": {"S": "1"}}


def steps(users: str, keys: str, token: str) -> list[tuple[str, dict]]:
    """One life of a user and its claim, with every kind of refusal on the way."""
    claim = {"key": {"S": "email#a"}, "userId": {"S": "1"}}
    absent = "attribute_not_exists(userId)"
    transaction = {
        "TransactItems": [
            {"Put": put(users, BOB, absent)},
            {"Put": put(keys, claim, "attribute_not_exists(#k)", ExpressionAttributeNames={"#k": "key"})},
        ],
        "ClientRequestToken": token,
    }
    update = {
        "TableName": users,
        "Key": KEY,
        "UpdateExpression": "SET #n = :n, version = if_not_exists(version, :zero) + :one",
        "ConditionExpression": "attribute_exists(userId)",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":n": {"S": "Anna"}, ":zero": {"N": "0"}, ":one": {"N": "1"}},
        "ReturnValues": "ALL_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    get = {"TableName": users, "Key": KEY, "ConsistentRead": True}
    return [
        ("GetItem", get),
        ("PutItem", put(users, ANN, absent)),
        ("PutItem", put(users, ANN, absent)),
        ("GetItem", get),
        ("UpdateItem", update),
        ("UpdateItem", {**update, "Key": {"userId": {"S": "none"}}}),
        ("TransactWriteItems", transaction),
        ("TransactWriteItems", transaction),
        ("TransactWriteItems", {**transaction, "ClientRequestToken": f"{token}-2"}),
        ("Scan", {"TableName": users, "Limit": 1, "ConsistentRead": True}),
        ("Scan", {"TableName": users, "ConsistentRead": True}),
        ("DeleteItem", {"TableName": users, "Key": KEY, "ConditionExpression": "attribute_not_exists(userId)"}),
        ("DeleteItem", {"TableName": users, "Key": KEY, "ReturnValues": "ALL_OLD"}),
        ("GetItem", {**get, "TableName": "no-such-table"}),
        ("GetItem", {**get, "Key": {"wrong": {"S": "1"}}}),
        ("PutItem", put(users, {"userId": {"S": ""}})),
        ("UpdateItem", {**update, "UpdateExpression": "SET"}),
    ]


def test_a_whole_life_goes_the_same_way(clients, emulator):
    outcomes = {}
    admin = emulator.client("dynamodb")
    for name, client in clients.items():
        tables = create_tables(admin)
        done = [outcome(client, *step) for step in steps(tables.users, tables.keys, uuid.uuid4().hex[:30])]
        outcomes[name] = [repr(one).replace(tables.users, "USERS").replace(tables.keys, "KEYS") for one in done]
        delete_tables(admin, tables)
    assert outcomes["own"] == outcomes["boto3"]
    kinds = " ".join(outcomes["own"])
    for error in (ConditionalCheckFailed, TransactionCanceled, RequestRejected):
        assert error.__name__ in kinds


@pytest.mark.parametrize("name", ["own", "boto3"])
def test_every_text_comes_back_as_it_went(clients, tables, name):
    call = clients[name].call
    call("PutItem", {"TableName": tables.users, "Item": ANN}, Deadline(10))
    answer = call("GetItem", {"TableName": tables.users, "Key": KEY, "ConsistentRead": True}, Deadline(10))
    assert answer == {"Item": ANN}


@pytest.mark.parametrize("name", ["own", "boto3"])
def test_a_large_answer_comes_through(clients, tables, name):
    call = clients[name].call
    for number in range(3):
        item = {"userId": {"S": str(number)}, "blob": {"S": "x" * 300_000}}
        call("PutItem", {"TableName": tables.users, "Item": item}, Deadline(10))
    assert call("Scan", {"TableName": tables.users}, Deadline(10))["Count"] == 3


@pytest.mark.parametrize("name", ["own", "boto3"])
def test_one_of_many_writers_at_once_wins(clients, tables, name):
    wins: list[int] = []

    def write(number: int) -> None:
        request = put(tables.users, {"userId": {"S": "1"}, "who": {"N": str(number)}}, "attribute_not_exists(userId)")
        try:
            clients[name].call("PutItem", request, Deadline(20))
        except ConditionalCheckFailed:
            return
        wins.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1

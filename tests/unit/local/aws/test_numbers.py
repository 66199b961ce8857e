"""A number in a key finds what is stored under the same number, however either is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.aws.emulator.internals import DynamoDB
from local.aws.tables.dynamodb import finished
from local.aws.tables.numbers import read_numbers_as_stored
from local.aws.tables.pages import Pages

NAME = "Numbers"
SAME = [("100", "1E+2"), ("1e2", "100.0"), ("0", "-0"), ("-1.5", "-1.50"), ("7", "007"), ("0.00001", "1E-5")]


@pytest.fixture
def dynamodb():
    made = DynamoDB()
    as_written = made.reads.key_text
    read_numbers_as_stored(made)
    keys = [{"AttributeName": "n", "KeyType": "HASH"}, {"AttributeName": "m", "KeyType": "RANGE"}]
    call(
        made,
        "CreateTable",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "N"} for name in "nm"],
        KeySchema=keys,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-m",
                "KeySchema": [{**keys[1], "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    yield made
    call(made, "DeleteTable")
    made.keys_by(as_written)


def call(dynamodb: DynamoDB, operation: str, **request: Any) -> Any:
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    body = json.dumps({"TableName": NAME, **request}).encode()
    status, _, answer = finished(dynamodb.handle_request("POST", "/", headers, body, {}))
    assert status == 200, answer
    return json.loads(answer)


def found(pages: Pages, **request: Any) -> list[Any]:
    status, _, body = pages.query({"TableName": NAME, **request})
    assert status == 200, body
    return list(json.loads(body)["Items"])


@pytest.mark.parametrize(("written", "asked"), SAME + [(asked, written) for written, asked in SAME])
def test_a_query_finds_a_number_that_is_written_in_another_way(dynamodb, written, asked):
    call(dynamodb, "PutItem", Item={"n": {"N": written}, "m": {"N": written}})
    pages, values = Pages(dynamodb), {":n": {"N": asked}}
    old = {"n": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": asked}]}}
    for request in (
        {"KeyConditionExpression": "n = :n", "ExpressionAttributeValues": values},
        {"KeyConditionExpression": "n = :n AND m = :n", "ExpressionAttributeValues": values},
        {"KeyConditionExpression": "m = :n", "ExpressionAttributeValues": values, "IndexName": "by-m"},
        {"KeyConditions": old},
    ):
        assert len(found(pages, **request)) == 1, request


@pytest.mark.parametrize(("written", "asked"), SAME)
def test_a_key_finds_a_number_that_is_written_in_another_way(dynamodb, written, asked):
    key = {"n": {"N": asked}, "m": {"N": asked}}
    call(dynamodb, "PutItem", Item={"n": {"N": written}, "m": {"N": written}})
    assert "Item" in call(dynamodb, "GetItem", Key=key)
    values = {":x": {"S": "x"}}
    call(dynamodb, "UpdateItem", Key=key, UpdateExpression="SET x = :x", ExpressionAttributeValues=values)
    assert call(dynamodb, "Scan")["Count"] == 1
    call(dynamodb, "TransactWriteItems", TransactItems=[{"Delete": {"TableName": NAME, "Key": key}}])
    assert call(dynamodb, "Scan")["Count"] == 0


def test_a_key_that_is_a_string_stays(dynamodb):
    assert [dynamodb.reads.key_text(value) for value in ({"S": "1E+2"}, {"N": "x"}, {}, None)] == ["1E+2", "x", "", ""]

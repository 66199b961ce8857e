"""GET /users/{userId} as tutorials write it: boto3.resource, made when the module is imported."""
# mypy: ignore-errors

import json
import os
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table(os.environ["USERS_TABLE"])
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def plain(value):
    if isinstance(value, Decimal):
        return int(value)
    raise TypeError(type(value))


def lambda_handler(event, context):
    user_id = event["pathParameters"]["userId"]
    try:
        answer = table.get_item(Key={"userId": user_id}, ConsistentRead=True)
        if "Item" not in answer:
            return {"statusCode": 404, "headers": HEADERS, "body": json.dumps({"error": "User not found"})}
        return {"statusCode": 200, "headers": HEADERS, "body": json.dumps(answer["Item"], default=plain)}
    except Exception as error:
        return {"statusCode": 500, "headers": HEADERS, "body": json.dumps({"error": str(error)})}

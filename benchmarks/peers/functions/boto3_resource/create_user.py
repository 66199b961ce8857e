"""POST /users as tutorials write it: a few ifs, one PutItem, and nothing that makes an email unique.

It does less work than every other peer (no claim, no transaction); that is what tutorials do, so it stays.
"""
# mypy: ignore-errors

import json
import os
import re
import uuid
from datetime import UTC, datetime

import boto3

table = boto3.resource("dynamodb").Table(os.environ["USERS_TABLE"])
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def answer(status, body):
    return {"statusCode": status, "headers": HEADERS, "body": json.dumps(body)}


def lambda_handler(event, context):
    try:
        body = json.loads(event["body"])
        if not body.get("name") or len(body["name"]) > 100:
            return answer(400, {"error": "Name is required and has at most 100 characters"})
        if not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", body.get("email", "")):
            return answer(400, {"error": "A valid email is required"})
        if "age" in body and not (isinstance(body["age"], int) and 1 <= body["age"] <= 150):
            return answer(400, {"error": "Age must be from 1 to 150"})
        now = datetime.now(UTC).isoformat()
        user = {
            "userId": str(uuid.uuid4()),
            "name": body["name"],
            "email": body["email"],
            "createdAt": now,
            "updatedAt": now,
        }
        if "age" in body:
            user["age"] = body["age"]
        table.put_item(Item=user)
        return answer(201, user)
    except json.JSONDecodeError:
        return answer(400, {"error": "Invalid JSON"})
    except Exception as error:
        return answer(500, {"error": str(error)})

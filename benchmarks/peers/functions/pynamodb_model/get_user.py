"""GET /users/{userId} through a PynamoDB model."""
# mypy: ignore-errors

import json

import rules
from model import User, public

HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def lambda_handler(event, context):
    user_id = event["pathParameters"]["userId"]
    try:
        if not rules.USER_ID.fullmatch(user_id):
            raise User.DoesNotExist  # noqa: TRY301
        user = User.get(user_id, consistent_read=True)
    except User.DoesNotExist:
        return {"statusCode": 404, "headers": HEADERS, "body": '{"error": "no such user"}'}
    return {"statusCode": 200, "headers": HEADERS, "body": json.dumps(public(user))}

"""GET /users/{userId} on botocore's low-level client, without boto3."""
# mypy: ignore-errors

import json
import os

import botocore.session
import rules

client = botocore.session.get_session().create_client("dynamodb")
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
READ = {"S": str, "N": int}


def lambda_handler(event, context):
    user_id = event["pathParameters"]["userId"]
    if not rules.USER_ID.fullmatch(user_id):
        return {"statusCode": 404, "headers": HEADERS, "body": '{"error": "no such user"}'}
    found = client.get_item(TableName=os.environ["USERS_TABLE"], Key={"userId": {"S": user_id}}, ConsistentRead=True)
    if "Item" not in found:
        return {"statusCode": 404, "headers": HEADERS, "body": '{"error": "no such user"}'}
    item = {member: READ[kind](text) for member, typed in found["Item"].items() for kind, text in typed.items()}
    return {"statusCode": 200, "headers": HEADERS, "body": json.dumps(rules.public(item))}

"""POST /users on botocore's low-level client: user and claim in one transaction."""
# mypy: ignore-errors

import json
import os

import botocore.session
import rules

client = botocore.session.get_session().create_client("dynamodb")
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def put(table, item, key):
    typed = {member: {"N" if isinstance(value, int) else "S": str(value)} for member, value in item.items()}
    return {
        "Put": {
            "TableName": table,
            "Item": typed,
            "ConditionExpression": "attribute_not_exists(#k)",
            "ExpressionAttributeNames": {"#k": key},
        }
    }


def lambda_handler(event, context):
    try:
        user = rules.new_user(rules.checked(json.loads(event["body"])))
    except ValueError as error:
        return {"statusCode": 400, "headers": HEADERS, "body": json.dumps({"error": str(error)})}
    try:
        client.transact_write_items(
            TransactItems=[
                put(os.environ["USERS_TABLE"], user, "userId"),
                put(os.environ["USER_KEYS_TABLE"], rules.claim(user), "key"),
            ]
        )
    except client.exceptions.TransactionCanceledException:
        return {"statusCode": 409, "headers": HEADERS, "body": '{"error": "email in use"}'}
    return {"statusCode": 201, "headers": HEADERS, "body": json.dumps(rules.public(user))}

"""Users in DynamoDB through boto3.resource, for the frameworks that bring no storage of their own."""
# mypy: ignore-errors

import os

import boto3
import rules

resource = boto3.resource("dynamodb")
users = resource.Table(os.environ["USERS_TABLE"])


class EmailInUse(Exception):
    """The address belongs to another user."""


def get(user_id):
    """The user, or None; a consistent read."""
    item = users.get_item(Key={"userId": user_id}, ConsistentRead=True).get("Item")
    return rules.public(item) if item else None


def put(table, item, key):
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#k)",
            "ExpressionAttributeNames": {"#k": key},
        }
    }


def create(members):
    """Store a user and its claim in one transaction."""
    user = rules.new_user(members)
    client = resource.meta.client
    try:
        client.transact_write_items(
            TransactItems=[
                put(os.environ["USERS_TABLE"], user, "userId"),
                put(os.environ["USER_KEYS_TABLE"], rules.claim(user), "key"),
            ]
        )
    except client.exceptions.TransactionCanceledException as error:
        raise EmailInUse from error
    return rules.public(user)

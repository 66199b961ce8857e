"""POST /users through PynamoDB models: user and claim in one transaction."""
# mypy: ignore-errors

import json
import os

import rules
from model import Claim, User, public
from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

connection = Connection(region=os.environ["AWS_REGION"], host=os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"))
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def lambda_handler(event, context):
    try:
        members = rules.new_user(rules.checked(json.loads(event["body"])))
    except ValueError as error:
        return {"statusCode": 400, "headers": HEADERS, "body": json.dumps({"error": str(error)})}
    user = User(
        user_id=members["userId"],
        name=members["name"],
        email=members["email"],
        age=members.get("age"),
        created_at=members["createdAt"],
        updated_at=members["updatedAt"],
        version=1,
    )
    claim = rules.claim(members)
    try:
        with TransactWrite(connection=connection) as transaction:
            transaction.save(user, condition=User.user_id.does_not_exist())
            transaction.save(Claim(claim["key"], user_id=claim["userId"]), condition=Claim.key.does_not_exist())
    except TransactWriteError:
        return {"statusCode": 409, "headers": HEADERS, "body": '{"error": "email in use"}'}
    return {"statusCode": 201, "headers": HEADERS, "body": json.dumps(public(user))}

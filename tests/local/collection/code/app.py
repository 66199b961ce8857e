"""Answers with what a test asks about its call."""

import json
import os


def lambda_handler(event, context):
    body = {"path": event.get("path"), "parameters": event.get("pathParameters"), "table": os.environ.get("TABLE")}
    return {"statusCode": 200, "body": json.dumps(body)}

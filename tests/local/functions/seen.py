"""Writes down each event it is given; does as the event's text says: fail, hang, or hand one message back."""

import base64
import json
import os
import time
from pathlib import Path


def lambda_handler(event, context):
    with Path(os.environ["SEEN"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]).open("a") as seen:
        seen.write(json.dumps({"event": event, "requestId": context.aws_request_id}) + "\n")
    text = json.dumps(event)
    if "please fail" in text:
        raise RuntimeError("as it was asked to")
    if "please hang" in text:
        time.sleep(60)
    if "please be odd" in text:
        return object()
    return {"batchItemFailures": failures(event, times_seen(text))}


def times_seen(text):
    """How often an event was given, this time included."""
    seen = Path(os.environ["SEEN"], os.environ["AWS_LAMBDA_FUNCTION_NAME"]).read_text()
    return seen.count(text)


def failures(event, times):
    """The messages to be handed back, and once the records of a stream that ask for it."""
    records = event.get("Records", []) if isinstance(event, dict) else []
    messages = [record["messageId"] for record in records if record.get("body") == "again"]
    sequences = [
        record["kinesis"]["sequenceNumber"]
        for record in records
        if times == 1 and base64.b64decode(record.get("kinesis", {}).get("data", "")) == b"again"
    ]
    return [{"itemIdentifier": identifier} for identifier in messages + sequences]


def sign_up(event, context):
    """A user pool's trigger: everybody is confirmed but those named Mallory."""
    if event["userName"].startswith("mallory"):
        raise RuntimeError("not you")
    event["response"]["autoConfirmUser"] = True
    return event


def socket(event, context):
    """A WebSocket route: sends the message back in capitals, or to `who?` the source address of the connection."""
    if event.get("body") == "who?":
        return {"statusCode": 200, "body": event["requestContext"]["identity"]["sourceIp"]}
    if event["requestContext"]["routeKey"] == "$default":
        return {"statusCode": 200, "body": event["body"].upper()}
    return {"statusCode": 403 if "no" in (event.get("queryStringParameters") or {}) else 200}

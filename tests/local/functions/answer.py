"""Does what the body says: answers with it, raises, or takes its time."""

import json
import time


def lambda_handler(event, context):
    wish = json.loads(event["body"])
    if "sleep" in wish:
        time.sleep(wish["sleep"])
    if "spin" in wish:
        end = time.monotonic() + wish["spin"]
        while time.monotonic() < end:
            pass
    if "raise" in wish:
        raise ValueError(wish["raise"])
    if "large" in wish:
        return {"statusCode": 200, "body": "x" * wish["large"]}
    return wish["answer"]

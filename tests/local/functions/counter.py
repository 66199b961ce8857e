"""Counts its calls in a module's variable, as an execution environment keeps it."""

import threading

calls = 0


def lambda_handler(event, context):
    global calls
    calls += 1
    return {"statusCode": 200, "body": f"{calls} {threading.current_thread().name} {context.log_stream_name}"}

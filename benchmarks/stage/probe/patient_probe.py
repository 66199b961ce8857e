"""Our handler with longer time-outs: under callgrind everything takes some thirty times as long. For counting only."""
# mypy: ignore-errors

import contextlib
import importlib
import os


def lengthen():
    """Let our client wait; DYNAMODB_CLIENT=boto3 has no such module loaded, and long time-outs of its own."""
    with contextlib.suppress(ImportError):
        connection = importlib.import_module("dynamodb.connection")
        connection.CONNECT_TIMEOUT = connection.READ_TIMEOUT = 300.0


if os.environ.get("DYNAMODB_CLIENT") != "boto3":
    lengthen()
module, _, name = os.environ["PROBED_HANDLER"].rpartition(".")
lambda_handler = getattr(importlib.import_module(module), name)

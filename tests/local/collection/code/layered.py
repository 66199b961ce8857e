"""Answers with a word of the layer."""

from words import WORD  # type: ignore[import-not-found]  # it is in the layer


def lambda_handler(event, context):
    return {"statusCode": 200, "body": WORD}

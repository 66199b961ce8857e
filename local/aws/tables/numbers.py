"""The text of a key that is a number, in the form in which the table stores it.

DynamoDB stores 1E+2 and 100.0 as 100, and ministack does so too. But ministack finds an item by the text of its key as
the request has it. Without this, a request with 1E+2 does not find the item 100, and an update makes a second one.
"""

from __future__ import annotations

from typing import Any

from local.aws.emulator.internals import DynamoDB


def read_numbers_as_stored(dynamodb: DynamoDB) -> None:
    """Have each request find a number in whatever form it is written."""
    as_written, canonical = dynamodb.reads.key_text, dynamodb.reads.canonical_number

    def key_text(attribute: Any) -> Any:
        text = as_written(attribute)
        if isinstance(attribute, dict) and attribute.keys() == {"N"}:
            return canonical(text) or text
        return text

    dynamodb.keys_by(key_text)

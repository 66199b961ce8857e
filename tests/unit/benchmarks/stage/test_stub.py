"""The DynamoDB stub answers as DynamoDB does, and our client accepts it."""

from __future__ import annotations

import json
import zlib

import pytest

from benchmarks.stage.stub import RESPONSES, fields


@pytest.mark.parametrize("operation", RESPONSES)
def test_an_answer_carries_its_length_and_checksum(operation):
    head, _, body = RESPONSES[operation].partition(b"\r\n\r\n")
    headers = fields(head)
    assert int(headers[b"content-length"]) == len(body)
    assert int(headers[b"x-amz-crc32"]) == zlib.crc32(body)
    json.loads(body)


def test_header_names_are_read_in_any_case():
    assert fields(b"POST / HTTP/1.1\r\nX-Amz-Target: A.B") == {b"x-amz-target": b"A.B"}

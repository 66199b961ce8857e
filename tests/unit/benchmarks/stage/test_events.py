"""The events are what API Gateway sends."""

from __future__ import annotations

import base64
import json

import pytest

from benchmarks.stage.events import SHAPES, USER, event


@pytest.mark.parametrize("operation", SHAPES)
def test_an_event_names_its_route_and_its_request(operation):
    made = json.loads(event(operation))
    assert made["httpMethod"] == SHAPES[operation][0]
    assert made["requestContext"]["requestId"]
    assert (made["pathParameters"] is not None) == ("{userId}" in made["resource"])


def test_a_binary_body_holds_the_same_bytes():
    plain, binary = json.loads(event("create", binary=False)), json.loads(event("create", binary=True))
    assert json.loads(plain["body"]) == USER
    assert base64.b64decode(binary["body"]).decode() == plain["body"]
    assert (plain["isBase64Encoded"], binary["isBase64Encoded"]) == (False, True)


def test_headers_and_query_stand_in_both_forms():
    made = json.loads(event("list", query={"limit": "5"}, headers={"X-One": "1"}))
    assert made["queryStringParameters"] == {"limit": "5"}
    assert made["multiValueQueryStringParameters"] == {"limit": ["5"]}
    assert made["multiValueHeaders"]["X-One"] == ["1"]

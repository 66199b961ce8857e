"""Golden: what API Gateway turns away before anything else.

Source: AWS documentation, "Quotas for configuring and running a REST API in API Gateway",
/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html. The status for a head that is too
large is not documented; the local gateway answers 431 (RFC 6585).
"""

from __future__ import annotations

import pytest

TEMPLATE = "proxy"
MB = 1024 * 1024


def test_a_body_of_10_mb_is_taken(api):
    """A function takes less, so an unknown path shows it."""
    assert api.send("POST", "/nowhere", body=b"x" * (10 * MB)).status == 403


def test_one_byte_more_is_request_too_large(api):
    response = api.send("POST", "/echo", body=b"x" * (10 * MB + 1))
    assert response.status == 413
    assert response.header("x-amzn-ErrorType") == "RequestTooLargeException"


def test_a_body_over_the_6_mb_that_a_function_takes_is_too_large_as_well(api):
    """ "Lambda quotas": invocation payload, /lambda/latest/dg/gettingstarted-limits.html"""
    assert api.send("POST", "/echo", body=b"x" * (6 * MB)).status == 413


def test_a_head_of_more_than_10240_bytes_is_refused(api):
    assert api.get("/echo", [("X-Long", "x" * 9000)]).status == 200
    assert api.get("/echo", [("X-Long", "x" * 20000)]).status in (400, 431)


@pytest.mark.local_only
def test_so_are_many_small_headers(api):
    assert api.get("/echo", [(f"X-{number}", "y" * 50) for number in range(200)]).status == 431

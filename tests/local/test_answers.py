"""Golden: what of a function's answer reaches the client, and what is malformed.

Source, unless a test says otherwise: AWS documentation, "Lambda proxy integrations in API Gateway",
/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (output format of a Lambda function), and
re:Post, "How do I resolve HTTP 502 errors from API Gateway REST APIs with Lambda proxy integration?",
/knowledge-center/malformed-502-api-gateway.
"""

from __future__ import annotations

import base64

import pytest

TEMPLATE = "proxy"
MALFORMED = {"message": "Internal server error"}


def answered(api, answer, headers=()):
    return api.post("/answer", {"answer": answer}, headers)


def test_status_headers_and_body_are_the_functions(api):
    response = answered(api, {"statusCode": 201, "headers": {"X-Own": "yes"}, "body": "made"})
    assert (response.status, response.header("x-own"), response.text) == (201, "yes", "made")


def test_the_default_content_type_is_json(api):
    assert answered(api, {"statusCode": 200, "body": "{}"}).header("content-type") == "application/json"


@pytest.mark.parametrize("status", [204, 304])
def test_the_default_content_type_is_that_of_answers_without_a_body_too(api, status):
    """AWS documents one default and no exception; no recording of these without a type has been found."""
    response = answered(api, {"statusCode": status})
    assert (response.header("content-type"), response.text) == ("application/json", "")


def test_no_member_is_required(api):
    response = answered(api, {})
    assert (response.status, response.text) == (200, "")


def test_a_status_may_be_written_as_text(api):
    assert answered(api, {"statusCode": "404"}).status == 404


def test_values_of_both_kinds_of_headers_are_sent(api):
    response = answered(api, {"statusCode": 200, "headers": {"X-One": "a"}, "multiValueHeaders": {"X-Two": ["b", "c"]}})
    assert (response.header("x-one"), response.header("x-two")) == ("a", "b, c")


def test_a_value_in_both_kinds_of_headers_is_sent_once(api):
    response = answered(api, {"headers": {"X-One": "a"}, "multiValueHeaders": {"X-One": ["a", "b"]}})
    assert response.header("x-one") == "a, b"


def test_a_boolean_header_is_written_out(api):
    """Seen on AWS: LocalStack's validated test of a Lambda proxy integration's response headers."""
    assert answered(api, {"headers": {"X-Flag": True}}).header("x-flag") == "true"


@pytest.mark.parametrize("name", ["Date", "Server", "Connection", "Content-Length"])
def test_headers_of_the_connection_come_back_under_another_name(api, name):
    """ "Amazon API Gateway important notes": remapped headers, .../developerguide/api-gateway-known-issues.html"""
    response = answered(api, {"headers": {name: "7"}, "body": "{}"})
    assert response.header(f"x-amzn-Remapped-{name}") == "7"
    assert response.text == "{}"


def test_the_gateway_adds_its_ids(api):
    """ "Important notes": x-amzn-RequestId, x-amz-apigw-id, X-Amzn-Trace-Id."""
    response = answered(api, {"statusCode": 200})
    assert response.header("x-amzn-RequestId")
    assert response.header("x-amz-apigw-id")
    assert str(response.header("X-Amzn-Trace-Id")).startswith("Root=1-")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        7,
        ["a"],
        {"message": "hello"},
        {"statusCode": 200, "other": 1},
        {"statusCode": "abc"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": []},
        {"statusCode": 99},
        {"statusCode": 100},
        {"statusCode": 199},
        {"statusCode": 600},
        {"statusCode": 200, "headers": {"X-A": "b\r\nX-C: d"}},
        {"statusCode": 200, "headers": {"X-A": {"b": 1}}},
        {"statusCode": 200, "multiValueHeaders": {"X-A": "b"}},
        {"statusCode": 200, "headers": {"bad name": "b"}},
        {"statusCode": 200, "isBase64Encoded": True, "body": "not base64!", "headers": {}},
    ],
)
def test_a_malformed_answer_is_502_and_says_nothing(api, answer):
    response = answered(api, answer, [("Accept", "image/png")])
    assert (response.status, response.json()) == (502, MALFORMED)
    assert response.header("x-amzn-ErrorType") == "InternalServerErrorException"


def test_a_function_that_raises_is_502_and_nothing_leaks(api):
    response = api.post("/answer", {"raise": "a secret"})
    assert (response.status, response.json()) == (502, MALFORMED)
    assert "secret" not in response.text
    assert "Traceback" not in str(response.headers)


def test_a_function_that_cannot_be_imported_is_502(api):
    response = api.get("/broken")
    assert (response.status, response.json()) == (502, MALFORMED)


def test_a_function_that_times_out_is_502(api):
    """re:Post as above: 'Task timed out' in the function ends in 502; only the integration's own time-out is 504."""
    response = api.post("/answer", {"sleep": 2.6, "answer": {}})
    assert (response.status, response.json()) == (502, MALFORMED)


def test_an_integration_that_times_out_is_504(api):
    """ "Gateway response types": INTEGRATION_TIMEOUT; timeoutInMillis of x-amazon-apigateway-integration."""
    response = api.post("/soon", {"sleep": 1, "answer": {}})
    assert (response.status, response.json()) == (504, {"message": "Endpoint request timed out"})


def test_an_answer_over_6_mb_is_502(api):
    """ "Lambda quotas": invocation payload, /lambda/latest/dg/gettingstarted-limits.html"""
    assert api.post("/answer", {"large": 6 * 1024 * 1024 + 1}).status == 502
    assert api.post("/answer", {"large": 6 * 1024 * 1024 - 100}).status == 200


def test_base64_is_decoded_for_a_client_that_accepts_a_binary_media_type(api):
    """ "Return binary media from a Lambda proxy integration", .../developerguide/lambda-proxy-binary-media.html"""
    raw = bytes(range(256))
    answer = {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(raw).decode()}
    assert answered(api, answer, [("Accept", "image/png")]).body == raw


def test_for_any_other_client_base64_stays_as_it_is(api):
    answer = {"statusCode": 200, "isBase64Encoded": True, "body": "aGVsbG8="}
    assert answered(api, answer, [("Accept", "application/json")]).text == "aGVsbG8="


def test_only_the_first_type_of_accept_decides(api):
    """ "Return binary media": 'API Gateway uses the first Accept header'."""
    answer = {"statusCode": 200, "isBase64Encoded": True, "body": "aGVsbG8="}
    assert answered(api, answer, [("Accept", "image/png, text/html")]).text == "hello"
    assert answered(api, answer, [("Accept", "text/html, image/png")]).text == "aGVsbG8="

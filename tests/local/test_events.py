"""Golden: what a Lambda proxy integration tells its function.

Source, unless a test says otherwise: AWS documentation, "Lambda proxy integrations in API Gateway",
/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html (input format of a Lambda function).
"""

from __future__ import annotations

import base64
import re

import pytest

TEMPLATE = "proxy"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def test_an_event_has_exactly_the_documented_members(api):
    event = api.event("GET", "/echo")
    assert set(event) == {
        "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body",
        "isBase64Encoded",
    }  # fmt: skip


def test_what_a_request_does_not_have_is_null(api):
    event = api.event("GET", "/echo")
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body")
    assert [event[name] for name in absent] == [None] * 4
    assert event["isBase64Encoded"] is False


def test_of_a_repeated_query_parameter_the_last_value_is_single_and_all_are_multi(api):
    event = api.event("GET", "/echo?a=1&b=x&a=2")
    assert event["queryStringParameters"] == {"a": "2", "b": "x"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x"]}


def test_query_parameters_are_decoded_plus_is_a_space(api):
    """Seen on AWS: recorded by LocalStack's snapshot test_lambda_aws_proxy_integration."""
    event = api.event("GET", "/echo?plus=a+b&code=a%2Bb&url=https%3A%2F%2Fx.co%2F&empty=&bare")
    assert event["queryStringParameters"] == {
        "plus": "a b", "code": "a+b", "url": "https://x.co/", "empty": "", "bare": "",
    }  # fmt: skip


@pytest.mark.parametrize("character", "|{}")
def test_some_characters_of_a_query_must_be_encoded(api, character):
    """Documented by AWS: developerguide/api-gateway-known-issues.html, notes for REST APIs."""
    assert api.get(f"/echo?a={character}").status == 400
    assert api.get("/echo?a=%7C%7B%7D").status == 200


@pytest.mark.local_only
def test_other_characters_belong_to_their_value(api):
    assert api.event("GET", "/echo?a=1;b=^`'\"<>\\[]")["queryStringParameters"] == {"a": "1;b=^`'\"<>\\[]"}


def test_of_a_repeated_header_the_last_value_is_single_and_all_are_multi(api):
    event = api.event("GET", "/echo", [("X-Many", "1"), ("X-Many", "2")])
    assert event["headers"]["X-Many"] == "2"
    assert event["multiValueHeaders"]["X-Many"] == ["1", "2"]


def test_header_names_keep_their_case(api):
    """Seen on AWS: recorded by LocalStack's snapshot test_lambda_aws_proxy_integration ("tEsT-HEADeR")."""
    event = api.event("GET", "/echo", [("tEsT-HEADeR", "aValUE")])
    assert event["headers"]["tEsT-HEADeR"] == "aValUE"


def test_headers_of_the_connection_do_not_reach_the_function(api):
    """ "Amazon API Gateway important notes", /apigateway/latest/developerguide/api-gateway-known-issues.html"""
    event = api.event("POST", "/echo", [("Connection", "close"), ("TE", "trailers"), ("Max-Forwards", "3")], "{}")
    names = {name.lower() for name in event["headers"]}
    assert not names & {"connection", "te", "max-forwards", "content-length", "transfer-encoding"}


def test_forwarding_headers_name_the_client_the_port_and_the_protocol(api):
    event = api.event("GET", "/echo", [("X-Forwarded-For", "203.0.113.7")])
    forwarded = [part.strip() for part in event["headers"]["X-Forwarded-For"].split(",")]
    assert forwarded[0] == "203.0.113.7"
    assert forwarded[-1] == event["requestContext"]["identity"]["sourceIp"] or len(forwarded) > 2
    assert event["headers"]["X-Forwarded-Proto"] in ("http", "https")
    assert event["headers"]["X-Forwarded-Port"].isdigit()


def test_the_source_address_is_the_connections_not_what_a_header_claims(api):
    event = api.event("GET", "/echo", [("X-Forwarded-For", "203.0.113.7")])
    assert event["requestContext"]["identity"]["sourceIp"] != "203.0.113.7"


def test_a_trace_id_is_made(api):
    """ "Trace user requests to REST APIs using X-Ray", /apigateway/latest/developerguide/apigateway-xray.html"""
    event = api.event("GET", "/echo")
    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", event["headers"]["X-Amzn-Trace-Id"])


def test_a_trace_id_of_the_caller_is_kept(api):
    root = "Root=1-67891233-abcdef012345678912345678"
    event = api.event("GET", "/echo", [("X-Amzn-Trace-Id", root)])
    assert root in event["headers"]["X-Amzn-Trace-Id"]


def test_paths_and_path_parameters_are_as_sent_not_decoded(api):
    """Seen on AWS: recorded by LocalStack's snapshot test_lambda_aws_proxy_integration (path-encoded-email)."""
    event = api.event("GET", "/files/user/test%2Balias@gmail.com/plus/test+alias@gmail.com")
    assert event["path"] == "/files/user/test%2Balias@gmail.com/plus/test+alias@gmail.com"
    assert event["pathParameters"] == {"path": "user/test%2Balias@gmail.com/plus/test+alias@gmail.com"}


def test_a_slash_at_the_end_is_ignored_for_routing_and_kept_in_the_path(api):
    """Seen on AWS: recorded by LocalStack's snapshot test_lambda_aws_proxy_integration (with-trailing-slash)."""
    event = api.event("GET", "/echo/7/")
    assert (event["path"], event["resource"]) == ("/echo/7/", "/echo/{id}")
    assert event["pathParameters"] == {"id": "7"}


def test_the_request_context_says_where_the_request_came_in(api):
    context = api.event("GET", "/echo/7?a=1")["requestContext"]
    assert context["resourcePath"] == "/echo/{id}"
    assert context["path"] == "/Prod/echo/7"
    assert (context["stage"], context["httpMethod"], context["protocol"]) == ("Prod", "GET", "HTTP/1.1")
    assert re.fullmatch(UUID, context["requestId"])
    assert context["apiId"].isalnum()
    assert re.fullmatch(r"\d{12}", context["accountId"])
    assert context["domainName"].split(":")[0].startswith(context["domainPrefix"])
    assert {"resourceId", "extendedRequestId", "deploymentId"} <= set(context)


def test_the_request_time_is_written_in_two_ways(api):
    context = api.event("GET", "/echo")["requestContext"]
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"])
    assert 1_700_000_000_000 < context["requestTimeEpoch"] < 10_000_000_000_000


def test_the_identity_of_an_anonymous_caller_is_address_and_agent(api):
    identity = api.event("GET", "/echo", [("User-Agent", "tester/1")])["requestContext"]["identity"]
    assert identity["userAgent"] == "tester/1"
    assert identity["sourceIp"]
    unknown = {"accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
               "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn"}  # fmt: skip
    assert {name for name, value in identity.items() if value is None} == unknown


def test_stage_variables_are_handed_on(api):
    assert api.event("GET", "/echo")["stageVariables"] == {"season": "winter"}


def test_a_text_body_is_text(api):
    event = api.event("POST", "/echo", [("Content-Type", "text/plain; charset=utf-8")], "grüße")
    assert (event["body"], event["isBase64Encoded"]) == ("grüße", False)


@pytest.mark.parametrize("media_type", ["image/png", "application/pdf", "IMAGE/PNG"])
def test_a_body_of_a_binary_media_type_is_base64(api, media_type):
    """ "Content type conversions in API Gateway", .../developerguide/api-gateway-payload-encodings-workflow.html"""
    raw = bytes(range(256))
    event = api.event("POST", "/echo", [("Content-Type", media_type)], raw)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == raw


@pytest.mark.local_only
def test_without_the_stage_the_api_answers_as_behind_a_domain_of_its_own(api):
    event = api.event("GET", "/echo", stage=False)
    assert (event["path"], event["requestContext"]["path"]) == ("/echo", "/echo")
    assert event["requestContext"]["stage"] == "Prod"
